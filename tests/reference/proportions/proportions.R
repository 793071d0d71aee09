# Reference values for responder proportions: patient-clustered, logit interval, t. Run from this folder: Rscript proportions.R
suppressMessages(library(survey))
set.seed(7)
make <- function(case, patients, n, p, spread) {
  id <- sample(patients, n, TRUE)
  own <- plogis(qlogis(p) + rnorm(patients, 0, spread))[id]
  data.frame(case = case, patient_id = sprintf("p%03d", id), condition = sample(c("a", "b", "c"), n, TRUE),
             flag = ifelse(runif(n) < 0.1, NA, rbinom(n, 1, own)))
}
sets <- rbind(make("usual", 60, 400, 0.35, 1), make("rare", 40, 120, 0.04, 0.5), make("few_patients", 4, 30, 0.5, 0.5),
              make("one_each", 200, 90, 0.3, 0), make("big", 500, 5000, 0.45, 2))
write.csv(sets, "sessions.csv", row.names = FALSE, quote = FALSE, na = "")
out <- NULL
for (case in unique(sets$case)) for (g in c("a", "b", "c")) {
  d <- sets[sets$case == case & sets$condition == g & !is.na(sets$flag), ]
  if (!any(d$flag == 1) || all(d$flag == 1)) next
  design <- svydesign(ids = ~patient_id, weights = ~1, data = d)
  fit <- svyciprop(~flag, design, method = "logit")
  ci <- attr(fit, "ci")
  out <- rbind(out, data.frame(case, condition = g, patients = length(unique(d$patient_id)), sessions = nrow(d),
    responders = sum(d$flag), proportion = as.numeric(fit), std_error = as.numeric(sqrt(attr(fit, "var"))),
    conf_low = ci[[1]], conf_high = ci[[2]]))
}
number <- 6:9
out[number] <- lapply(out[number], formatC, digits = 17, format = "g", width = 1)
write.csv(out, "proportions.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
