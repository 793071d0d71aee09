# Reference values for tests/test_relation.py. R 4.2.2, lme4 1.1-31, lmerTest 3.1-3.
# Rscript relation.R writes two_readings.csv and relation.json beside this file.
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
set.seed(4)
k <- 12; n <- 4
base <- rep(rnorm(k, 5, 1.5), each = n)
kept <- function(x) pmin(pmax(round(x), 0), 10)
pre <- kept(base + rnorm(k * n, 0, 1.2))
post <- kept(base + 0.6 * (pre - base) + rnorm(k * n, 0, 0.9))
later <- kept(base - 0.7 + 0.3 * (pre - base) + rep(rnorm(k, 0, 1.3), each = n) + rnorm(k * n, 0, 1.1))
d <- data.frame(patient = rep(1:k, each = n), pre, post, later)
write.csv(d, "two_readings.csv", row.names = FALSE, quote = FALSE)
d$now <- d$pre - d$post; d$rel <- d$pre - d$later
f <- factor(d$patient)

# repeated-measures correlation (Bland & Altman 1995): analysis of covariance with the patient as a factor
rmcorr <- function(small, large) {
  a <- anova(large); b <- coef(large)[["now"]]
  r <- sign(b) * sqrt(a["now", "Sum Sq"] / (a["now", "Sum Sq"] + a["Residuals", "Sum Sq"]))
  df <- a["Residuals", "Df"]
  c(r, df, tanh(atanh(r) + c(-1, 1) * qnorm(0.975) / sqrt(df - 1)))
}
plain <- rmcorr(NULL, lm(rel ~ f + now, d))
equal <- rmcorr(NULL, lm(rel ~ f + pre + now, d))

# within and between patients (Mundlak 1978)
centre <- function(x) ave(x, d$patient)
d$nw <- d$now - centre(d$now); d$nb <- centre(d$now); d$pw <- d$pre - centre(d$pre); d$pb <- centre(d$pre)
split <- summary(lmer(rel ~ nw + nb + pw + pb + (1 | patient), d))$coefficients
all <- summary(lmer(rel ~ now + pre + (1 | patient), d))$coefficients

# Paule and Mandel's variance and shrunken slopes
b <- c(0.2, 0.5, 0.35, 0.9, 0.1); se <- c(0.1, 0.15, 0.2, 0.12, 0.3)
excess <- function(t) { w <- 1 / (se^2 + t); sum(w * (b - sum(w * b) / sum(w))^2) - (length(b) - 1) }
t2 <- uniroot(excess, c(0, 10), tol = 1e-14)$root
w <- 1 / (se^2 + t2); m <- sum(w * b) / sum(w); B <- t2 / (t2 + se^2)

# leave-patients-out prediction, folds as given: patient i in fold i mod 3
fold <- d$patient %% 3; miss <- rep(NA, nrow(d))
for (j in 0:2) {
  fit <- suppressMessages(lmer(rel ~ pre + now + (1 | patient), d[fold != j, ]))
  miss[fold == j] <- d$rel[fold == j] - predict(fit, d[fold == j, ], re.form = NA)
}
out <- list(plain = plain, equal = equal, within = split["nw", ], between = split["nb", ], all = all["now", ],
            tau2 = t2, shrunk = m + B * (b - m), errors = sqrt(B * se^2 + (1 - B)^2 / sum(w)), miss = miss)
write(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "relation.json")

# later relief as a share of the first, patients as clusters (survey 4.1-1)
suppressMessages(library(survey))
some <- d[d$now >= 1, ]
ratio <- svyratio(~rel, ~now, svydesign(ids = ~patient, weights = ~1, data = some))
out$ratio <- c(coef(ratio), SE(ratio), nrow(some), length(unique(some$patient)))
write(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "relation.json")
