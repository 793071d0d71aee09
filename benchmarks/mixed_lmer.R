# lme4's side of benchmarks/mixed.py: fit the same model to the same records, time lmer alone.
# Usage: Rscript mixed_lmer.R records.csv runs
suppressMessages(library(lme4))
arguments <- commandArgs(TRUE)
d <- read.csv(arguments[1], colClasses = c("factor", "factor", "numeric", "numeric", "numeric"))
times <- numeric(0)
for (i in seq_len(as.integer(arguments[2]))) {
  times <- c(times, system.time(
    m <- lmer(pain_relief_48h ~ condition + pain_pre + twitch_count + (1 | patient_id), d,
              control = lmerControl(calc.derivs = TRUE)))[["elapsed"]])
}
s <- coef(summary(m))
cat(jsonlite::toJSON(list(seconds = times, estimate = unname(s[, 1]), std_error = unname(s[, 2]),
                          log_likelihood = as.numeric(logLik(m))), digits = I(17)))
