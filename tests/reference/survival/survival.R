# Reference values for soreness curves, medians, restricted means and the log-normal model.
# Run from this folder: Rscript survival.R ../../../../shared/real   (the argument: folder of the published trials)
# Writes sessions.csv (the made sets), curves.csv, medians.csv, means.csv, turnbull.csv, model.csv, versions.txt.
suppressMessages(library(survival))
options(digits = 17)
real <- commandArgs(trailingOnly = TRUE)[1]
set.seed(20240501)

make <- function(case, patients, per, groups, round_to, censor, top = 96) {
  n <- patients * per
  id <- sample(patients, n, replace = TRUE)
  own <- rnorm(patients, 0, 0.5)[id]
  hours <- round(exp(log(15) + own + rnorm(n, 0, 0.6)) / round_to) * round_to
  last <- round(runif(n, 10, 120) / round_to) * round_to
  on <- if (censor) hours > last else rep(FALSE, n)
  data.frame(case = case, patient_id = sprintf("p%03d", id), condition = sample(letters[1:groups], n, TRUE),
             soreness_h = pmin(hours, ifelse(on, last, top)), soreness_ongoing = on)
}
hand <- function(case, time, ongoing, id, condition = "a")
  data.frame(case = case, patient_id = sprintf("p%03d", id), condition = condition, soreness_h = time,
             soreness_ongoing = as.logical(ongoing))

sets <- rbind(
  make("ties", 80, 8, 3, 2, TRUE),
  make("hourly", 400, 12, 4, 1, TRUE),
  make("continuous", 60, 4, 2, 1e-6, TRUE),
  make("single_sessions", 150, 1, 2, 6, FALSE),
  hand("all_censored", c(5, 8, 8, 20), c(1, 1, 1, 1), c(1, 1, 2, 3)),
  hand("all_zero", c(0, 0, 0), c(0, 0, 0), c(1, 2, 2)),
  hand("half_exactly", c(2, 4, 9, 12), c(0, 0, 0, 0), 1:4),
  hand("half_to_the_end", c(2, 4, 9, 12), c(0, 0, 1, 1), c(1, 2, 1, 3)),
  hand("reaches_zero_tied", c(3, 3, 7, 7, 7, 7), c(0, 1, 0, 0, 0, 0), c(1, 1, 2, 3, 3, 1)),
  hand("one_big_patient", c(rep(c(6, 12, 24, 48), 10), 10, 30, 50), c(rep(0, 40), 1, 0, 1), c(rep(1, 40), 2, 3, 4)),
  hand("censored_before_events", c(1, 1, 2, 5, 6, 9), c(1, 1, 1, 0, 0, 1), c(1, 2, 3, 1, 2, 3)),
  hand("near_ties", c(5, 5 + 1e-10, 7.5, 7.5, 30), c(0, 0, 0, 1, 1), c(1, 2, 3, 1, 2))
)
write.csv(sets, "sessions.csv", row.names = FALSE, quote = FALSE)

influence_mean <- function(fit, limit) {
  keep <- fit$time < limit
  width <- diff(c(fit$time[keep], limit))
  first <- if (any(keep)) min(fit$time[keep]) else limit
  sqrt(sum((fit$influence.surv[, keep, drop = FALSE] %*% width)^2))
}
curves <- medians <- means <- NULL
for (case in unique(sets$case)) for (g in unique(sets$condition[sets$case == case])) {
  d <- sets[sets$case == case & sets$condition == g, ]
  fit <- survfit(Surv(soreness_h, !soreness_ongoing) ~ 1, d, cluster = patient_id, conf.type = "log-log", influence = 1)
  curves <- rbind(curves, data.frame(case, condition = g, time_h = fit$time, at_risk = fit$n.risk, resolved = fit$n.event,
    censored = fit$n.censor, still_sore = fit$surv, std_error = fit$std.err, conf_low = fit$lower, conf_high = fit$upper))
  q <- quantile(fit, 0.5)
  medians <- rbind(medians, data.frame(case, condition = g, median_h = q$quantile, median_conf_low = q$lower,
    median_conf_high = q$upper))
  if (max(fit$time) >= 48 || min(fit$surv) == 0) {
    table <- summary(fit, rmean = 48)$table
    means <- rbind(means, data.frame(case, condition = g, restricted_mean_48h = table[["rmean"]],
      std_error = influence_mean(fit, 48)))
  }
}
# several curves in one call give the same as one by one: kept honest here
joint <- survfit(Surv(soreness_h, !soreness_ongoing) ~ condition, sets[sets$case == "ties", ], cluster = patient_id,
                 conf.type = "log-log")
alone <- curves[curves$case == "ties", ]
stopifnot(all.equal(joint$std.err, alone$std_error[order(alone$condition)], tolerance = 1e-12))

# Interval-censored: R's own loop stops at 5e-5, so the same function runs here with 1e-13.
tight <- eval(parse(text = sub("5e-05", "1e-13", deparse(survival:::survfitTurnbull), fixed = TRUE)))
environment(tight) <- asNamespace("survival")
n <- 300
true <- exp(log(18) + rnorm(n, 0, 0.7))
calls <- t(apply(matrix(sample(c(2, 6, 12, 24, 36, 48, 72), n * 3, TRUE), n), 1, sort))
lower <- apply(cbind(0, calls) * (cbind(0, calls) < true), 1, max)
upper <- apply(ifelse(calls >= true, calls, Inf), 1, min)
exact <- rbinom(n, 1, 0.25) == 1
lower[exact] <- upper[exact] <- pmax(round(true[exact]), 1)
intervals <- data.frame(patient_id = sprintf("p%03d", sample(70, n, TRUE)), condition = sample(c("a", "b"), n, TRUE),
  twitch_count = rpois(n, 5), soreness_h = lower, soreness_ongoing = is.infinite(upper),
  soreness_free_h = ifelse(is.infinite(upper) | exact, NA, upper), never = FALSE)
intervals$never[sample(n, 40)] <- TRUE
intervals$soreness_h[intervals$never] <- 0
intervals$soreness_ongoing[intervals$never] <- FALSE
intervals$soreness_free_h[intervals$never] <- NA
write.csv(intervals[, -7], "intervals.csv", row.names = FALSE, quote = FALSE, na = "")

sore_throat <- read.csv(file.path(real, "licorice_sorethroat", "licorice_sorethroat.csv"))
asked <- c(0.5, 1.5, 4, 20)
throat <- sore_throat[, c("pacu30min_throatPain", "pacu90min_throatPain", "postOp4hour_throatPain", "pod1am_throatPain")]
sore_throat <- sore_throat[complete.cases(throat) & !is.na(sore_throat$treat), ]
throat <- as.matrix(throat[rownames(sore_throat), ])
last <- apply(throat > 0, 1, function(x) if (any(x)) max(which(x)) else 0)
licorice <- data.frame(patient_id = sprintf("p%03d", seq_along(last)), condition = paste0("treat", sore_throat$treat),
  twitch_count = sore_throat$intraOp_surgerySize,
  soreness_h = c(0, asked)[last + 1], soreness_ongoing = last == 4,
  soreness_free_h = c(NA, asked[2:4], NA)[last + 1])

bounds <- function(d) {
  d$upper <- ifelse(!is.na(d$soreness_free_h), d$soreness_free_h, ifelse(d$soreness_ongoing, NA, d$soreness_h))
  d
}
# residuals.survreg 3.5-3 (and the current source) has the sign of the derivative in log(scale) the wrong way round for
# interval-censored records, and with it every robust variance of survreg on such data. The errors here come from
# the same model-based variance and scores differentiated numerically; "without_intervals" keeps survreg's own.
numeric_scores <- function(fit, d) {
  x <- model.matrix(~ twitch_count + condition, d)
  point <- c(coef(fit), log(fit$scale))
  loglik <- function(p) {
    eta <- drop(x %*% p[1:3]); s <- exp(p[4])
    a <- ifelse(is.na(d$lower), -Inf, (log(d$lower) - eta) / s)
    b <- ifelse(is.na(d$upper), Inf, (log(d$upper) - eta) / s)
    ifelse(!is.na(d$lower) & !is.na(d$upper) & d$lower == d$upper, dnorm(a, log = TRUE) - log(s) - log(d$lower),
           log(pnorm(b) - pnorm(a)))
  }
  sapply(1:4, function(j) {
    f <- function(h) { e <- numeric(4); e[j] <- h; loglik(point + e) }
    (8 * (f(1e-3) - f(-1e-3)) - (f(2e-3) - f(-2e-3))) / 12e-3
  })
}
without_intervals <- intervals[is.na(intervals$soreness_free_h) | intervals$soreness_h == 0, ]
turnbull <- model <- NULL
for (case in c("intervals", "licorice", "without_intervals")) {
  d <- bounds(get(case))
  if (case != "without_intervals") for (g in unique(d$condition)) {
    e <- d[d$condition == g, ]
    y <- Surv(e$soreness_h, e$upper, type = "interval2")
    fit <- tight(factor(rep(1, nrow(e))), y, rep(1, nrow(e)), se.fit = FALSE, robust = FALSE)
    at <- sort(unique(c(e$soreness_h, e$upper)))
    at <- at[at <= max(c(e$soreness_h))]
    step <- stepfun(fit$time, c(1, fit$surv))
    turnbull <- rbind(turnbull, data.frame(case, condition = g, time_h = at, still_sore = step(at)))
  }
  # some sure soreness: (0, u] and later; never sore is left to the first part
  sore <- d[d$soreness_h > 0 | !is.na(d$soreness_free_h) | d$soreness_ongoing, ]
  sore$lower <- ifelse(sore$soreness_h == 0, NA, sore$soreness_h)
  fit <- survreg(Surv(lower, upper, type = "interval2") ~ twitch_count + condition, sore, dist = "lognormal",
                 cluster = patient_id, robust = TRUE, control = list(rel.tolerance = 1e-14, maxiter = 200))
  table <- summary(fit)$table
  error <- table[, "Std. Err"]
  if (case != "without_intervals") {
    score <- rowsum(numeric_scores(fit, sore), sore$patient_id)
    error <- sqrt(diag(fit$naive.var %*% crossprod(score) %*% fit$naive.var))
  }
  z <- table[, "Value"] / error
  model <- rbind(model, data.frame(case, part = "duration", term = rownames(table), estimate = table[, "Value"],
    std_error = error, statistic = z, p_value = 2 * pnorm(-abs(z)), scale = fit$scale,
    log_likelihood = fit$loglik[2], sessions = nrow(sore), survreg_error = table[, "Std. Err"]))
  d$any <- as.numeric(d$soreness_h > 0 | !is.na(d$soreness_free_h) | d$soreness_ongoing)
  part <- suppressMessages({library(survey); svyglm(any ~ twitch_count + condition, svydesign(~patient_id, data = d, weights = ~1),
    family = quasibinomial, control = list(epsilon = 1e-14, maxit = 100))})
  m <- length(unique(d$patient_id))
  table <- summary(part)$coefficients
  model <- rbind(model, data.frame(case, part = "any_soreness", term = rownames(table), estimate = table[, 1],
    std_error = table[, 2] * sqrt((m - 1) / m), statistic = NA, p_value = NA, scale = NA, log_likelihood = NA, sessions = nrow(d), survreg_error = NA))
}
put <- function(x, file) {
  number <- sapply(x, is.numeric)
  x[number] <- lapply(x[number], function(v) ifelse(is.na(v), "", formatC(v, digits = 17, format = "g", width = 1)))
  write.csv(x, file, row.names = FALSE, quote = FALSE)
}
put(curves, "curves.csv"); put(medians, "medians.csv"); put(means, "means.csv")
put(turnbull, "turnbull.csv"); put(model, "model.csv")
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("survey", packageVersion("survey"))),
           "versions.txt")
