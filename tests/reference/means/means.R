# Means of groups that vary more and less: one model per group (lme4, nlme with varIdent) and cluster-robust CR2.
# Run in this folder: Rscript means.R
options(digits = 15)
suppressMessages({library(lme4); library(lmerTest); library(nlme); library(jsonlite)})
d <- read.csv("spread.csv", stringsAsFactors = TRUE)
out <- list()

# --- one model per group, Satterthwaite ---
for (g in levels(d$group)) {
  part <- d[d$group == g, ]
  control <- lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14), check.conv.singular = "ignore")
  slope <- lmer(y ~ x + (1 | patient_id), part, control = control)
  mean_only <- lmer(y ~ 1 + (1 | patient_id), part, control = control)
  out$lmer[[g]] <- list(slope = unname(summary(slope)$coefficients["x", 1:3]),
                        mean = unname(summary(mean_only)$coefficients[1, 1:3]))
}

# --- all groups in one model with variances of their own: the same fits, since no patient is in two groups ---
fit <- lme(y ~ 0 + group + group:x, d, random = list(patient_id = pdDiag(~ 0 + group)),
           weights = varIdent(form = ~ 1 | group),
           control = lmeControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-10, msTol = 1e-12, niterEM = 100, opt = "optim"))
tab <- summary(fit)$tTable
out$nlme <- setNames(lapply(levels(d$group), function(g) unname(tab[paste0("group", g, ":x"), 1:2])), levels(d$group))

# --- CR2 with Bell-McCaffrey degrees of freedom, from full matrices ---
half <- function(m) { e <- eigen(m, symmetric = TRUE); e$vectors %*% diag(1 / sqrt(e$values), length(e$values)) %*% t(e$vectors) }
for (g in levels(d$group)) {
  part <- d[d$group == g, ]
  n <- nrow(part); X <- matrix(1, n, 1); H <- X %*% t(X) / n; r <- residuals(lm(y ~ 1, part))
  rows <- split(seq_len(n), droplevels(part$patient_id))
  adjust <- lapply(rows, function(i) half(diag(length(i)) - H[i, i, drop = FALSE]))
  score <- mapply(function(i, a) sum(a %*% r[i]), rows, adjust)
  P <- do.call(cbind, mapply(function(i, a) t(diag(n) - H)[, i, drop = FALSE] %*% a %*% X[i, , drop = FALSE] / n, rows, adjust, SIMPLIFY = FALSE))
  lambda <- eigen(t(P) %*% P, symmetric = TRUE, only.values = TRUE)$values
  out$cr2[[g]] <- c(mean(part$y), sqrt(sum(score^2)) / n, sum(lambda)^2 / sum(lambda^2))
}

# --- one model of all groups, its errors clustered: CR2 of the rows freed of the fit's own covariance, full matrices ---
fit <- lmer(y ~ group + x + (1 | patient_id), d, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
lam <- as.numeric(VarCorr(fit)$patient_id) / sigma(fit)^2
n <- nrow(d); same <- outer(as.character(d$patient_id), as.character(d$patient_id), "==")
free <- half(diag(n) + lam * same)
X <- free %*% model.matrix(fit); y <- free %*% d$y
M <- solve(t(X) %*% X); H <- X %*% M %*% t(X); r <- y - X %*% fixef(fit)
rows <- split(seq_len(n), droplevels(d$patient_id))
adjust <- lapply(rows, function(i) half(diag(length(i)) - H[i, i, drop = FALSE]))
cr2 <- function(l) {
  w <- X %*% M %*% l
  score <- mapply(function(i, a) sum((a %*% w[i]) * r[i]), rows, adjust)
  P <- do.call(cbind, mapply(function(i, a) (diag(n) - H)[, i, drop = FALSE] %*% (a %*% w[i]), rows, adjust, SIMPLIFY = FALSE))
  lambda <- eigen(t(P) %*% P, symmetric = TRUE, only.values = TRUE)$values
  c(sum(l * fixef(fit)), sqrt(sum(score^2)), sum(lambda)^2 / sum(lambda^2))
}
p <- length(fixef(fit))
out$clustered$coefficients <- setNames(lapply(seq_len(p), function(j) cr2(diag(p)[, j])), names(fixef(fit)))
at <- sapply(levels(d$group), function(g) c(1, as.numeric(levels(d$group)[-1] == g), mean(d$x)))
out$clustered$means <- setNames(lapply(levels(d$group), function(g) cr2(at[, g])), levels(d$group))
writeLines(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "means.json")
writeLines(c(R.version.string, sapply(c("lme4", "lmerTest", "nlme"), function(p) paste(p, packageVersion(p)))), "versions.txt")
