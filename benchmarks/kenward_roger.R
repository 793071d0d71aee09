# pbkrtest's side of benchmarks/kenward_roger.py: lmer is not timed, only the corrected covariance and the degrees of freedom.
# Usage: Rscript kenward_roger.R records.csv runs
suppressMessages({library(lme4); library(pbkrtest)})
arguments <- commandArgs(TRUE)
d <- read.csv(arguments[1], colClasses = c("factor", "factor", "numeric", "numeric"))
m <- lmer(y ~ condition + pain_pre + (1 | patient_id), d,
          control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), calc.derivs = FALSE))
p <- length(fixef(m))
times <- numeric(0)
for (i in seq_len(as.integer(arguments[2]))) {
  times <- c(times, system.time({
    adjusted <- vcovAdj(m)
    df <- sapply(seq_len(p), function(j) Lb_ddf(diag(p)[j, ], vcov(m), adjusted))
  })[["elapsed"]])
}
cat(jsonlite::toJSON(list(seconds = times, std_error = sqrt(diag(as.matrix(adjusted))), df = df), digits = I(17)))
