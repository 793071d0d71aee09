# The peer of benchmarks/survival.py: R's survfit on the same sessions. Arguments: sessions.csv, out.csv, runs.
suppressMessages(library(survival))
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[1], colClasses = c("character", "character", "numeric", "logical"))
seconds <- numeric(0)
for (run in seq_len(as.integer(args[3]))) {
  gc()
  seconds <- c(seconds, system.time(
    fit <- survfit(Surv(soreness_h, !soreness_ongoing) ~ condition, d, cluster = patient_id, conf.type = "log-log")
  )[["elapsed"]])
}
write.csv(data.frame(condition = rep(names(fit$strata), fit$strata), time_h = fit$time, still_sore = fit$surv,
  std_error = fit$std.err, conf_low = fit$lower, conf_high = fit$upper), args[2], row.names = FALSE)
cat(sprintf("%.4f\n", seconds), sep = "")
