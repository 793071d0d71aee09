# Shrunken estimates: metafor's blup with Paule-Mandel and Hartung-Knapp, and an error
# that does not take the variance between groups as known.
# Run in this folder: Rscript shrinkage.R
options(digits = 15)
suppressMessages({library(metafor); library(jsonlite)})
cases <- list(
  apart = list(b = c(0.42, 0.11, 0.35, 0.58, 0.27, -0.05, 0.33, 0.49, 0.18), s = c(0.06, 0.09, 0.12, 0.08, 0.05, 0.14, 0.07, 0.20, 0.11)),
  alike = list(b = c(0.31, 0.28, 0.36, 0.25, 0.33), s = c(0.10, 0.15, 0.22, 0.12, 0.30)))
out <- lapply(cases, function(x) {
  v <- x$s^2
  fit <- rma(x$b, v, method = "PM", test = "adhoc", control = list(tol = 1e-14, maxiter = 1000))
  known <- blup(fit)
  tau2 <- fit$tau2; k <- length(v)
  # the variance the error takes: restricted likelihood times its root, as metafor's own REML log-likelihood gives it
  k <- length(v)
  restricted <- function(lt) as.numeric(logLik(rma(x$b, v, method = "REML", tau2 = exp(lt)))) + lt / 2
  likely <- exp(optimize(restricted, c(-14, 2), maximum = TRUE, tol = 1e-10)$maximum)
  li <- fit$tau2 / (fit$tau2 + v)
  error <- pmin(sqrt(li^2 * v + (1 - li)^2 * (likely + 1 / sum(1 / (v + likely)))), x$s)
  list(estimates = x$b, errors = x$s, tau2 = tau2, mean = as.numeric(fit$beta), mean_error = fit$se,
       mean_limits = c(fit$ci.lb, fit$ci.ub), pred = known$pred, error_known_tau2 = known$se,
       likely = likely, error = error,
       reach = pmin(qt(0.975, k - 1) * error, qnorm(0.975) * x$s))
})
writeLines(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "shrinkage.json")
writeLines(c(R.version.string, paste("metafor", packageVersion("metafor"))), "versions.txt")
