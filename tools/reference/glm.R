# Makes tests/golden/glm.json with R 4.2.2: data (public examples of R packages) and what glm() says.
#   Rscript tools/reference/glm.R     (from the root of the repository)
# Data: MASS::birthwt (Hosmer & Lemeshow 1989), MASS::quine (Aitkin 1978), MASS::Insurance (Baxter
# 1980), survival::lung (Loprinzi 1994), datasets::esoph (Breslow & Day 1980), datasets::longley.
suppressMessages({library(MASS); library(survival)})
num <- function(x) { x <- as.numeric(x); ifelse(is.na(x) | !is.finite(x), "null", sprintf("%.17g", x)) }
arr <- function(x) paste0("[", paste(x, collapse = ", "), "]")
quo <- function(x) paste0('"', x, '"')
sets <- c(); cases <- c()

dataset <- function(name, data, booleans = c(), ranges = list()) {
  columns <- sapply(names(data), function(v) {
    x <- data[[v]]
    if (is.factor(x)) {
      sprintf('{"name": "%s", "kind": "category", "levels": %s, "values": %s}', v, arr(quo(levels(x))), arr(num(as.integer(x) - 1)))
    } else if (v %in% booleans) {
      sprintf('{"name": "%s", "kind": "boolean", "values": %s}', v, arr(num(x)))
    } else {
      r <- if (is.null(ranges[[v]])) range(x, na.rm = TRUE) else ranges[[v]]
      sprintf('{"name": "%s", "kind": "number", "lower": %s, "upper": %s, "values": %s}', v, num(r[1]), num(r[2]), arr(num(x)))
    }
  })
  sets <<- c(sets, sprintf('  "%s": [\n    %s]', name, paste(columns, collapse = ",\n    ")))
}
emit <- function(name, data, params, terms, coef, se, p, fit, scalars = list(), tolerance = 1e-8, note = "") {
  s <- paste(sprintf('"%s": %s', names(scalars), sapply(scalars, num)), collapse = ", ")
  cases <<- c(cases, sprintf('  {"name": "%s", "data": "%s", "params": {%s}, "tolerance": %s, "note": "%s",\n   "terms": %s,\n   "estimate": %s,\n   "std_error": %s,\n   "p_value": %s,\n   "fit": {%s}}',
    name, data, params, num(tolerance), note, arr(quo(terms)), arr(num(coef)), arr(num(se)), arr(num(p)), s))
}
case <- function(name, data, params, fit, tolerance = 1e-8, note = "") {
  b <- coef(fit); s <- summary(fit); se <- p <- setNames(rep(NA, length(b)), names(b))
  se[rownames(s$coefficients)] <- s$coefficients[, 2]; p[rownames(s$coefficients)] <- s$coefficients[, 4]
  emit(name, data, params, names(b), b, se, p, fit, list(n = nobs(fit), deviance = deviance(fit), null_deviance = fit$null.deviance,
    aic = AIC(fit), log_likelihood = as.numeric(logLik(fit)), dispersion = s$dispersion, iterations = fit$iter,
    df_residual = fit$df.residual, df_null = fit$df.null, converged = as.numeric(fit$converged)), tolerance, note)
}

b <- birthwt
b <- data.frame(low = b$low, age = b$age, lwt = b$lwt, race = factor(c("white", "black", "other")[b$race], levels = c("white", "black", "other")),
  smoke = b$smoke, ptd = as.numeric(b$ptl > 0), ht = b$ht, ui = b$ui, bwt = b$bwt, w = 1 + (seq_len(nrow(b)) %% 4) / 2, k = 1 + seq_len(nrow(b)) %% 3,
  both = b$age + b$lwt, sep = as.numeric(b$low == 1 & b$age > 22))
dataset("birthwt", b, c("low", "smoke", "ptd", "ht", "ui", "sep"), list(age = c(10, 60), lwt = c(0, 1000), bwt = c(0, 1e5), w = c(0, 5), k = c(0, 4), both = c(0, 2000)))
f <- '"family": "binomial", "outcome": "low"'
full <- '"terms": ["age", "lwt", "race", "smoke", "ptd", "ht", "ui"]'
lf <- low ~ age + lwt + race + smoke + ptd + ht + ui
case("logit", "birthwt", paste0(f, ", ", full), glm(lf, binomial, b))
case("probit", "birthwt", paste0(f, ', "link": "probit", ', full), glm(lf, binomial("probit"), b))
case("cloglog", "birthwt", paste0(f, ', "link": "cloglog", ', full), glm(lf, binomial("cloglog"), b))
case("weighted_logit", "birthwt", paste0(f, ', "weights": "k", "terms": ["age", "race"]'), glm(low ~ age + race, binomial, b, weights = k))
case("interactions", "birthwt", paste0(f, ', "terms": ["age*smoke", "race:smoke", "ht"]'), glm(low ~ age * smoke + race:smoke + ht, binomial, b))
case("reference", "birthwt", paste0(f, ', "terms": ["factor(race, reference=other)", "race:age"]'),
  glm(low ~ race + race:age, binomial, transform(b, race = relevel(race, "other"))))
case("no_intercept", "birthwt", paste0(f, ', "intercept": false, "terms": ["age", "race"]'), glm(low ~ age + race - 1, binomial, b))
case("singular", "birthwt", paste0(f, ', "terms": ["age", "lwt", "both", "smoke"]'), glm(low ~ age + lwt + both + smoke, binomial, b), note = "'both' was dropped")
case("separated", "birthwt", paste0(f, ', "terms": ["lwt", "sep"]'), suppressWarnings(glm(low ~ lwt + sep, binomial, b)), tolerance = 1e-6, note = "separated")
case("gaussian", "birthwt", '"outcome": "bwt", "terms": ["age", "lwt", "smoke"]', glm(bwt ~ age + lwt + smoke, gaussian, b))
case("weighted_gaussian", "birthwt", '"outcome": "bwt", "weights": "w", "terms": ["age", "lwt*smoke"]', glm(bwt ~ age + lwt * smoke, gaussian, b, weights = w))
case("offset_gaussian", "birthwt", '"outcome": "bwt", "offset": "lwt", "terms": ["age"]', glm(bwt ~ age + offset(lwt), gaussian, b))
case("offset_logit", "birthwt", paste0(f, ', "offset": "w", "terms": ["lwt", "smoke"]'), glm(low ~ lwt + smoke + offset(w), binomial, b))
case("intercept_only", "birthwt", f, glm(low ~ 1, binomial, b))

z <- scale(as.matrix(b[, c("age", "lwt")])); zs <- as.numeric(scale(b$smoke))
case("standardised", "birthwt", paste0(f, ', "standardise": true, "terms": ["age", "lwt", "smoke"]'),
  glm(low ~ age + lwt + smoke, binomial, data.frame(low = b$low, age = z[, 1], lwt = z[, 2], smoke = zs)))
# Ridge: Newton on l - lambda/2 |beta|^2 to convergence; standard errors from its curvature.
ridge <- function(X, y, lambda) {
  P <- diag(c(0, rep(lambda, ncol(X) - 1))); beta <- rep(0, ncol(X))
  for (i in 1:50) { mu <- plogis(X %*% beta); H <- t(X) %*% (X * as.numeric(mu * (1 - mu))) + P
    beta <- beta + solve(H, t(X) %*% (y - mu) - P %*% beta) }
  list(beta = as.numeric(beta), se = sqrt(diag(solve(H))), dev = -2 * sum(log(ifelse(y == 1, mu, 1 - mu)))) }
r <- ridge(cbind(1, z, zs), b$low, 3)
emit("ridge", "birthwt", paste0(f, ', "standardise": true, "lambda": 3, "epsilon": 1e-14, "terms": ["age", "lwt", "smoke"]'), c("(Intercept)", "age", "lwt", "smoke"),
  r$beta, r$se, 2 * pnorm(-abs(r$beta / r$se)), NULL, list(deviance = r$dev))

q <- quine; q$w <- 1 + seq_len(nrow(q)) %% 3
dataset("quine", q, ranges = list(Days = c(0, 365), w = c(0, 5)))
case("poisson", "quine", '"family": "poisson", "outcome": "Days", "terms": ["Eth", "Sex", "Age", "Lrn"]', glm(Days ~ Eth + Sex + Age + Lrn, poisson, q))
case("poisson_weights", "quine", '"family": "poisson", "outcome": "Days", "weights": "w", "terms": ["Eth*Sex", "Age"]', glm(Days ~ Eth * Sex + Age, poisson, q, weights = w))
i <- transform(Insurance, Group = factor(Group, ordered = FALSE), Age = factor(Age, ordered = FALSE), lh = log(Holders))
dataset("insurance", i, ranges = list(Claims = c(0, 1000), lh = c(0, 10), Holders = c(0, 1e5)))
case("poisson_offset", "insurance", '"family": "poisson", "outcome": "Claims", "offset": "lh", "terms": ["District", "Group", "Age"]',
  glm(Claims ~ District + Group + Age + offset(lh), poisson, i))
l <- with(lung, data.frame(time, age, sex = factor(c("male", "female")[sex], levels = c("male", "female")), karno = ph.karno, loss = wt.loss))
dataset("lung", l, ranges = list(time = c(0, 3000), age = c(0, 120), karno = c(0, 100), loss = c(-100, 200)))
case("gamma_inverse", "lung", '"family": "gamma", "outcome": "time", "terms": ["age", "sex", "karno"]', glm(time ~ age + sex + karno, Gamma, l))
case("gamma_log", "lung", '"family": "gamma", "link": "log", "outcome": "time", "terms": ["age", "sex", "karno", "loss"]', glm(time ~ age + sex + karno + loss, Gamma("log"), l))
e <- with(esoph, data.frame(agegp = factor(agegp, ordered = FALSE), alcgp = factor(alcgp, ordered = FALSE), share = ncases / (ncases + ncontrols), total = ncases + ncontrols))
dataset("esoph", e, ranges = list(share = c(0, 1), total = c(0, 200)))
case("proportions", "esoph", '"family": "binomial", "outcome": "share", "weights": "total", "terms": ["agegp", "alcgp"]', glm(share ~ agegp + alcgp, binomial, e, weights = total))
g <- setNames(longley, c("deflator", "gnp", "unemployed", "forces", "population", "year", "employed"))
dataset("longley", g, ranges = list(year = c(0, 3000), population = c(0, 1000), gnp = c(0, 1e4)))
case("longley", "longley", '"outcome": "employed", "terms": ["deflator", "gnp", "unemployed", "forces", "population", "year"]', glm(employed ~ ., gaussian, g))
writeLines(c('{"made_by": "tools/reference/glm.R, R 4.2.2, MASS 7.3-58.2, survival 3.5-3",', '"datasets": {', paste(sets, collapse = ",\n"), "},", '"cases": [', paste(cases, collapse = ",\n"), "]}"), "tests/golden/glm.json")
