# Nested predictions of new patients: Clark and West's adjusted gain, its error clustered on patients (CR2).
# Run in this folder: Rscript clark_west.R
options(digits = 15); set.seed(2007)
suppressMessages(library(jsonlite))
patient <- rep(1:30, times = sample(1:5, 30, TRUE)); n <- length(patient)
x <- round(rnorm(n), 3); z <- round(rnorm(n), 3); noise <- round(rnorm(n), 3)
y <- round(x + 0.4 * z + rnorm(30)[patient] * 0.7 + rnorm(n), 3)
fold <- patient %% 5
by_fold <- function(f) { p <- numeric(n); for (k in 0:4) p[fold == k] <- predict(lm(f, data.frame(y, x, z, noise)[fold != k, ]), data.frame(x, z, noise)[fold == k, ]); p }
d <- data.frame(patient, y, smaller = by_fold(y ~ x), with_z = by_fold(y ~ x + z), with_noise = by_fold(y ~ x + noise))
d[3:5] <- round(d[3:5], 9)
write.csv(d, "predictions.csv", row.names = FALSE)
half <- function(m) { e <- eigen(m, symmetric = TRUE); e$vectors %*% diag(1 / sqrt(e$values), length(e$values)) %*% t(e$vectors) }
test <- function(larger) {
  f <- (d$y - d$smaller)^2 - (d$y - larger)^2 + (d$smaller - larger)^2
  H <- matrix(1 / n, n, n); r <- f - mean(f); rows <- split(seq_len(n), patient)
  adjust <- lapply(rows, function(i) half(diag(length(i)) - H[i, i, drop = FALSE]))
  error <- sqrt(sum(mapply(function(i, a) sum(a %*% r[i]), rows, adjust)^2)) / n
  P <- do.call(cbind, mapply(function(i, a) (diag(n) - H)[, i, drop = FALSE] %*% a %*% rep(1 / n, length(i)), rows, adjust, SIMPLIFY = FALSE))
  lambda <- eigen(t(P) %*% P, symmetric = TRUE, only.values = TRUE)$values
  df <- sum(lambda)^2 / sum(lambda^2)
  list(estimate = mean(f), std_error = error, df = df, statistic = mean(f) / error, p_value = pt(-mean(f) / error, df))
}
writeLines(toJSON(list(with_z = test(d$with_z), with_noise = test(d$with_noise)), digits = 15, auto_unbox = TRUE, pretty = TRUE), "clark_west.json")
writeLines(R.version.string, "versions.txt")
