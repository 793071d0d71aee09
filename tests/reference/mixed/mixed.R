# Reference values of mixed models: lme4, lmerTest and emmeans.
#
#   Rscript mixed.R [path/to/ashar_backpain.csv]
#
# writes the made data sets (made_*.csv, sleepstudy.csv, orthodont.csv), mixed.json and versions.txt beside itself.
# The back-pain trial is read from the path given and not copied; without a path its fits are left out.
# The demo records of this repository are fitted too (demo.json, with the checksum of the file it was made from): when
# they are made anew, run this again.
# The optimiser is tightened far below lme4's default, so that agreement to 1e-6 can be asked for.

suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
emm_options(cov.keep = character(0))  # numbers stay numbers, whatever their count of distinct values
here <- function(name) name
set.seed(20240501)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-11, maxfun = 1e5),
                     calc.derivs = FALSE, check.conv.singular = "ignore")

r2 <- function(x, k = 3) round(x, k)
patients <- function(sizes, prefix = "p") rep(sprintf("%s%03d", prefix, seq_along(sizes)), sizes)

make <- list()
make$unbalanced <- function() {
  id <- patients(sample(1:12, 40, TRUE)); n <- length(id); g <- as.integer(factor(id))
  a <- sample(c("jaw", "neck", "heel", "elbow", "back"), n, TRUE); x <- r2(rnorm(n, 5, 2))
  data.frame(id, a, x, y = r2(2 + 0.4 * x + (a == "neck") + rnorm(40)[g] + rnorm(n)))
}
make$crossed <- function() {
  id <- patients(sample(2:6, 50, TRUE)); n <- length(id); g <- as.integer(factor(id))
  a <- sample(c("u", "v", "w"), n, TRUE); b <- sample(c("no", "yes"), n, TRUE); x <- r2(runif(n, -1, 4))
  data.frame(id, a, b, x, flag = sample(c(TRUE, FALSE), n, TRUE),
             y = r2(1 + (a == "v") * (b == "yes") * 2 + 0.3 * x * (a == "w") + 1.4 * rnorm(50)[g] + rnorm(n)))
}
make$aliased <- function() {
  d <- make$crossed(); d$x2 <- 2 * d$x + 1
  d[!(d$a == "w" & d$b == "yes"), ]
}
make$boundary <- function() {
  id <- patients(rep(4, 20)); n <- length(id)
  e <- matrix(rnorm(n), 4); e <- sweep(e, 2, colMeans(e)) + rep(rnorm(20, 0, 0.05), each = 4)
  data.frame(id, x = r2(rnorm(n)), a = sample(c("s", "t"), n, TRUE), y = r2(10 + as.vector(e), 4))
}
make$offset <- function() {
  id <- patients(sample(2:7, 60, TRUE)); n <- length(id); g <- as.integer(factor(id))
  x <- r2(runif(n, -1, 1), 4); a <- sample(c("s", "t", "u"), n, TRUE)
  data.frame(id, x, a, y = r2(0.7 * x + (a == "u") + rnorm(60)[g] + rnorm(n), 4))
}
make$singles <- function() {
  id <- patients(c(rep(1, 80), rep(2, 12), rep(3, 6))); n <- length(id); g <- as.integer(factor(id))
  x <- r2(rnorm(n)); a <- sample(c("s", "t", "u"), n, TRUE)
  data.frame(id, x, a, y = r2(3 + x + 0.9 * rnorm(98)[g] + rnorm(n)))
}
make$many <- function() {
  id <- patients(c(1, 2, 5, 9, 17, 33, 60, 110, 200, 140, 3, 8)); n <- length(id); g <- as.integer(factor(id))
  x <- r2(rexp(n)); a <- sample(c("s", "t"), n, TRUE)
  data.frame(id, x, a, y = r2(3 + x + 0.5 * rnorm(12)[g] + 2 * rnorm(n)))
}
make$nested <- function() {
  clinic_of <- sample(1:7, 70, TRUE); id <- patients(sample(1:8, 70, TRUE)); n <- length(id); g <- as.integer(factor(id))
  x <- r2(rnorm(n)); a <- sample(c("s", "t", "u"), n, TRUE)
  data.frame(clinic = sprintf("c%d", clinic_of)[g], id, x, a,
             y = r2(1 + 0.5 * x + 0.8 * rnorm(7)[clinic_of[g]] + rnorm(70)[g] + rnorm(n)))
}
make$flatclinic <- function() {
  d <- make$nested(); d$y <- r2(d$x + rnorm(70)[as.integer(factor(d$id))] + rnorm(nrow(d)))
  d$y <- r2(d$y - ave(d$y, d$clinic) + 0.01 * as.integer(factor(d$clinic)))
  d
}
make$steady <- function() {
  id <- patients(sample(2:9, 30, TRUE)); n <- length(id); g <- as.integer(factor(id))
  x <- r2(rnorm(n)); a <- c("s", "t", "u")[1 + g %% 3]
  data.frame(id, x, a, y = r2(0.02 * x + 5 * rnorm(30)[g] + 0.05 * rnorm(n), 4))
}
make$gaps <- function() {
  d <- make$crossed(); n <- nrow(d)
  d$y[sample(n, 9)] <- NA; d$x[sample(n, 12)] <- NA; d$a[sample(n, 5)] <- NA
  d
}
for (name in names(make)) write.csv(make[[name]](), sprintf("made_%s.csv", name), row.names = FALSE, na = "")
write.csv(sleepstudy, "sleepstudy.csv", row.names = FALSE)
data(Orthodont, package = "nlme"); write.csv(as.data.frame(Orthodont), "orthodont.csv", row.names = FALSE)

# case: data, R formula, our formula, factor of the marginal means (R name, our name)
cases <- list(
  list("sleepstudy", "Reaction ~ Days + (1 | Subject)"),
  list("sleepstudy", "Reaction ~ Days + I(Days^2) + (1 | Subject)", "Reaction ~ Days + I(Days**2) + (1 | Subject)"),
  list("orthodont", "distance ~ Sex * age + (1 | Subject)", means = "Sex"),
  list("orthodont", "distance ~ Sex + age + (1 | Subject)", means = "Sex"),
  list("made_unbalanced", "y ~ a + x + (1 | id)", means = "a"),
  list("made_unbalanced", "y ~ 1 + (1 | id)"),
  list("made_crossed", "y ~ a * b + x + (1 | id)", means = "a"),
  list("made_crossed", "y ~ a * x + b * flag + (1 | id)", means = "b"),
  list("made_crossed", "y ~ a * b * x + (1 | id)", means = "b"),
  list("made_aliased", "y ~ a + x + x2 + (1 | id)", means = "a"),
  list("made_aliased", "y ~ a * b + (1 | id)"),
  list("made_boundary", "y ~ x + a + (1 | id)", means = "a"),
  list("made_offset", "y ~ x + a + (1 | id)", means = "a"),
  list("made_offset", "y ~ x * a + (1 | id)", means = "a"),
  list("made_singles", "y ~ x + a + (1 | id)", means = "a"),
  list("made_many", "y ~ x + a + (1 | id)", means = "a"),
  list("made_unbalanced", "y ~ 0 + a + x + (1 | id)", means = "a"),
  list("made_unbalanced", "y ~ a + x + I(x^2) + log(x + 10) + (1 | id)", "y ~ a + x + I(x**2) + log(x + 10) + (1 | id)", means = "a"),
  list("made_nested", "y ~ x + a + (1 | clinic/id)", means = "a"),
  list("made_nested", "y ~ x + (1 | clinic) + (1 | id)"),
  list("made_flatclinic", "y ~ x + a + (1 | clinic/id)", means = "a"),
  list("made_steady", "y ~ x + a + (1 | id)", means = "a"),
  list("made_gaps", "y ~ a * b + x + (1 | id)", means = "a"),
  list("made_gaps", "sqrt(y + 20) ~ a + x + (1 | id)", means = "a"))
path <- commandArgs(TRUE)
if (length(path)) cases <- c(cases, list(
  list("ashar_backpain", "pain_avg ~ factor(group) + age + (1 | id)", "pain_avg ~ C(group) + age + (1 | id)", means = "group"),
  list("ashar_backpain", "pain_avg ~ factor(group) * factor(time) + (1 | id)", "pain_avg ~ C(group) * C(time) + (1 | id)", means = "group"),
  list("ashar_backpain", "odi ~ pain_avg + tsk11 + pcs + (1 | id)")))

demo <- "../../../data/demo_sessions.csv"
if (file.exists(demo)) cases <- c(cases, list(
  list("demo", "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)", means = "condition"),
  list("demo", "pain_relief_post ~ condition * pain_pre + sex + (1 | patient_id)", means = "condition"),
  list("demo", "pain_relief_48h ~ condition + pain_pre + (1 | clinic_id/patient_id)", means = "condition")))

table_of <- function(x) { x <- as.data.frame(x); x[] <- lapply(x, function(v) if (is.factor(v)) as.character(v) else v); x }
means_of <- function(m, factor) {
  g <- suppressMessages(emmeans(m, factor, lmer.df = "satterthwaite"))
  list(means = table_of(summary(g)),
       grand_mean = table_of(summary(contrast(g, "eff", adjust = "none"), infer = TRUE)),
       pairwise = table_of(summary(contrast(g, "pairwise", adjust = "holm"), infer = c(TRUE, TRUE))))
}
fit_one <- function(case, reml) {
  file <- if (case[[1]] == "ashar_backpain") path[1] else if (case[[1]] == "demo") demo else sprintf("%s.csv", case[[1]])
  d <- read.csv(file, na.strings = c("", "NA"))
  if (case[[1]] == "demo") {
    outside <- !is.na(d$followup_h) & (d$followup_h < 36 | d$followup_h > 72)
    d$pain_relief_post <- d$pain_pre - d$pain_post
    d$pain_relief_48h <- ifelse(outside, NA, d$pain_pre - d$pain_48h)
  }
  m <- suppressWarnings(suppressMessages(lmer(as.formula(case[[2]]), d, REML = reml, control = tight)))
  s <- suppressMessages(coef(summary(m)))
  v <- as.data.frame(VarCorr(m))
  out <- list(data = case[[1]], r_formula = case[[2]],
              formula = if (length(case) > 2 && is.null(names(case)) || (length(case) > 2 && names(case)[3] == "")) case[[3]] else case[[2]],
              method = if (reml) "REML" else "ML",
              coefficients = cbind(term = rownames(s), table_of(s)), vcov = as.matrix(vcov(m)),
              variances = data.frame(group = v$grp, variance = v$vcov), sigma = sigma(m),
              log_likelihood = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m), n_sessions = nobs(m),
              n_patients = max(ngrps(m)), blup = head(unname(predict(m)), 20))
  if (reml) {
    ci <- try(suppressWarnings(suppressMessages(confint(m, parm = "theta_", method = "profile"))), silent = TRUE)
    if (!inherits(ci, "try-error")) out$intervals <- data.frame(group = rownames(ci), low = ci[, 1]^2, high = ci[, 2]^2)
  }
  if (!is.null(case$means)) out <- c(out, list(factor = case$means), means_of(m, case$means))
  out
}
read_part <- function(path) {  # what the models read, whatever the patients and clinics are called
  d <- read.csv(path, colClasses = "character", na.strings = character(0))
  d$patient_id <- match(d$patient_id, unique(d$patient_id)); d$clinic_id <- match(d$clinic_id, unique(d$clinic_id))
  part <- tempfile()
  writeLines(do.call(paste, c(d[c("patient_id", "clinic_id", "condition", "sex", "pain_pre", "pain_post", "pain_48h")], sep = ",")), part)
  unname(tools::md5sum(part))
}
results <- unlist(lapply(cases, function(case) lapply(c(TRUE, FALSE), function(reml) fit_one(case, reml))), recursive = FALSE)
write_json(results[!vapply(results, function(r) r$data == "demo", NA)], "mixed.json", digits = I(17), auto_unbox = TRUE, na = "null", dataframe = "columns", matrix = "rowmajor")
if (file.exists(demo)) {
  fits <- results[vapply(results, function(r) r$data == "demo", NA)]
  write_json(list(md5 = read_part(demo), cases = fits), "demo.json", digits = I(17), auto_unbox = TRUE,
             na = "null", dataframe = "columns", matrix = "rowmajor")
}
versions <- c(R.version.string, sapply(c("lme4", "lmerTest", "emmeans", "numDeriv"), function(p) paste(p, packageVersion(p))))
writeLines(versions, "versions.txt")
