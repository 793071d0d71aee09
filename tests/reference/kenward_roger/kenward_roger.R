# Kenward and Roger's errors and degrees of freedom: pbkrtest, and lmerTest on top of it.
#
#   Rscript kenward_roger.R
#
# in this folder reads the made data sets of ../mixed, makes three small clinics (made_*.csv) beside itself, and writes
# kenward_roger.json and versions.txt. The optimiser is tightened as in ../mixed/mixed.R.

suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(jsonlite)})
emm_options(cov.keep = character(0))
set.seed(20261130)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-11, maxfun = 1e5),
                     calc.derivs = FALSE, check.conv.singular = "ignore")
patients <- function(sizes) rep(sprintf("p%03d", seq_along(sizes)), sizes)

make <- list()
make$few <- function() {  # six patients, unevenly often
  id <- patients(c(1, 2, 3, 5, 7, 2)); n <- length(id); g <- as.integer(factor(id))
  x <- round(rnorm(n, 5, 2), 3)
  data.frame(id, a = sample(c("neck", "jaw"), n, TRUE), x, y = round(0.4 * x + 1.2 * rnorm(6)[g] + rnorm(n), 3))
}
make$groups <- function() {  # patients of one of three groups each: a comparison between patients
  id <- patients(sample(1:6, 14, TRUE)); n <- length(id); g <- as.integer(factor(id))
  a <- c("u", "v", "w")[1 + g %% 3]
  data.frame(id, a, x = round(rnorm(n), 3), y = round((a == "v") + 1.5 * rnorm(14)[g] + rnorm(n), 3))
}
make$clinics <- function() {  # four small clinics
  of <- sample(1:4, 20, TRUE); id <- patients(sample(1:5, 20, TRUE)); n <- length(id); g <- as.integer(factor(id))
  a <- sample(c("s", "t"), n, TRUE)
  data.frame(clinic = sprintf("c%d", of)[g], id, a, y = round((a == "t") + rnorm(4)[of[g]] + rnorm(20)[g] + rnorm(n), 3))
}
for (name in names(make)) write.csv(make[[name]](), sprintf("made_%s.csv", name), row.names = FALSE)

# data, formula in R, formula here where it differs, factor of the means
cases <- list(
  list("made_few", "y ~ a + x + (1 | id)", means = "a"),
  list("made_few", "y ~ a * x + (1 | id)", means = "a"),
  list("made_groups", "y ~ a + (1 | id)", means = "a"),
  list("made_groups", "y ~ a * x + (1 | id)", means = "a"),
  list("made_clinics", "y ~ a + (1 | clinic/id)", means = "a"),
  list("../mixed/sleepstudy", "Reaction ~ Days + (1 | Subject)"),
  list("../mixed/orthodont", "distance ~ Sex * age + (1 | Subject)", means = "Sex"),
  list("../mixed/made_unbalanced", "y ~ a + x + (1 | id)", means = "a"),
  list("../mixed/made_unbalanced", "y ~ 1 + (1 | id)"),
  list("../mixed/made_crossed", "y ~ a * b + x + (1 | id)", means = "a"),
  list("../mixed/made_aliased", "y ~ a + x + x2 + (1 | id)", means = "a"),
  list("../mixed/made_boundary", "y ~ x + a + (1 | id)", means = "a"),
  list("../mixed/made_singles", "y ~ x + a + (1 | id)", means = "a"),
  list("../mixed/made_many", "y ~ x + a + (1 | id)", means = "a"),
  list("../mixed/made_nested", "y ~ x + a + (1 | clinic/id)", means = "a"),
  list("../mixed/made_flatclinic", "y ~ x + a + (1 | clinic/id)", means = "a"),
  list("../mixed/made_gaps", "y ~ a * b + x + (1 | id)", means = "a"))

table_of <- function(x) { x <- as.data.frame(x); x[] <- lapply(x, function(v) if (is.factor(v)) as.character(v) else v); x }
fit_one <- function(case) {
  d <- read.csv(sprintf("%s.csv", case[[1]]), na.strings = c("", "NA"))
  m <- suppressWarnings(suppressMessages(lmer(as.formula(case[[2]]), d, control = tight)))
  s <- coef(summary(m, ddf = "Kenward-Roger"))
  out <- list(data = case[[1]], formula = case[[2]], coefficients = cbind(term = rownames(s), table_of(s)),
              vcov = as.matrix(vcovAdj(m)))
  p <- length(fixef(m))
  if (p > 1) {  # every coefficient but the first, together
    all_but_one <- KRmodcomp(m, diag(p)[-1, , drop = FALSE])$stats
    out$together <- all_but_one[c("ndf", "ddf", "Fstat", "p.value", "F.scaling")]
  }
  if (!is.null(case$means)) {
    g <- suppressMessages(emmeans(m, case$means, lmer.df = "kenward-roger"))
    out <- c(out, list(factor = case$means, means = table_of(summary(g)),
                       pairwise = table_of(summary(contrast(g, "pairwise", adjust = "none"), infer = TRUE))))
    L <- g@linfct[, !is.na(g@bhat), drop = FALSE]  # without columns R dropped
    L <- (diag(nrow(L)) - 1 / nrow(L)) %*% L
    joint <- KRmodcomp(m, L[-1, , drop = FALSE])$stats
    out$joint <- joint[c("ndf", "ddf", "Fstat", "p.value", "F.scaling")]
    satterthwaite <- contestMD(m, L[-1, , drop = FALSE], ddf = "Satterthwaite")
    out$joint_satterthwaite <- list(ndf = satterthwaite$NumDF, ddf = satterthwaite$DenDF,
                                    Fstat = satterthwaite[["F value"]], p.value = satterthwaite[["Pr(>F)"]])
  }
  out
}
write_json(lapply(cases, fit_one), "kenward_roger.json", digits = I(17), auto_unbox = TRUE, na = "null",
           dataframe = "columns", matrix = "rowmajor")
packages <- c("pbkrtest", "lmerTest", "lme4", "emmeans")
writeLines(c(R.version.string, sapply(packages, function(p) paste(p, packageVersion(p)))), "versions.txt")
