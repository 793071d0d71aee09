# Six clinics that differ: metafor (Debian's r-cran-metafor 3.8.1), Paule and Mandel's variance, Knapp and Hartung's interval.
# Rscript among_clinics.R > among_clinics.csv
suppressMessages(library(metafor))
y <- c(0.62, 0.95, 0.71, 1.30, 0.40, 0.88)
s <- c(0.11, 0.15, 0.09, 0.22, 0.13, 0.30)
r <- rma(yi = y, sei = s, method = "PM", test = "knha", control = list(tol = 1e-12))
cat("estimate,conf_low,conf_high,sd_between,std_error\n")
cat(sprintf("%.12f", c(r$beta, r$ci.lb, r$ci.ub, sqrt(r$tau2), r$se)), sep = ",")
cat("\n")
