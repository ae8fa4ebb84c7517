# Makes tests/golden/survival.json and the CSV files it is about, with R 4.2.2 and survival 3.5-3.
#   Rscript tools/reference/survival.R        (from the root of the repository)
# The data are public examples of the R package survival: lung (Loprinzi et al. 1994, NCCTG) and veteran
# (Kalbfleisch & Prentice 1980, Veterans' Administration lung cancer trial).
library(survival)
num <- function(x) {
  x <- as.numeric(x)
  out <- sprintf("%.17g", x)
  out[is.na(x)] <- "null"
  out[is.infinite(x)] <- "null"
  out
}
js <- function(x) {
  if (is.list(x)) {
    paste0("{", paste0('"', names(x), '": ', vapply(x, js, ""), collapse = ",\n"), "}")
  } else if (is.character(x)) {
    paste0("[", paste0('"', x, '"', collapse = ", "), "]")
  } else {
    paste0("[", paste0(num(x), collapse = ", "), "]")
  }
}
km <- function(formula, data, type = "log") {
  fit <- survfit(formula, data, conf.type = type)
  strata <- if (is.null(fit$strata)) length(fit$time) else as.numeric(fit$strata)
  common <- matrix(summary(fit, rmean = "common")$table, nrow = length(strata))
  alone <- matrix(summary(fit, rmean = "individual")$table, nrow = length(strata))
  list(strata = strata, time = fit$time, at_risk = fit$n.risk, events = fit$n.event,
       censored = fit$n.censor, survival = fit$surv, std_error_log = fit$std.err,
       lower = fit$lower, upper = fit$upper, cumulative_hazard = fit$cumhaz,
       std_error_hazard = fit$std.chaz, records = common[, 1], n_events = common[, 4],
       rmean = common[, 5], rmean_se = common[, 6], rmean_individual = alone[, 5],
       rmean_individual_se = alone[, 6], median = common[, 7], median_lower = common[, 8],
       median_upper = common[, 9])
}
rank_test <- function(formula, data, rho = 0) {
  fit <- survdiff(formula, data, rho = rho)
  sums <- function(x) if (is.matrix(x)) rowSums(x) else x
  list(observed = sums(fit$obs), expected = sums(fit$exp), variance = fit$var, chisq = fit$chisq,
       p = fit$pvalue)
}
cox <- function(formula, data, zph = TRUE, basehaz = TRUE, ...) {
  # cox.zph and basehaz look the data up again by name, from the formula's environment.
  assign("data", data, globalenv())
  fit <- coxph(formula, data, control = coxph.control(eps = 1e-11, toler.chol = 1e-12), ...)
  s <- summary(fit)
  out <- list(terms = names(coef(fit)), coef = coef(fit), se = sqrt(diag(fit$var)),
              vcov = fit$var, loglik = fit$loglik, iter = fit$iter[length(fit$iter)], n = fit$n,
              nevent = fit$nevent, concordance = s$concordance)
  if (!is.null(fit$score)) {
    out$score <- fit$score
    out$wald <- fit$wald.test
  }
  if (zph) {
    z <- cox.zph(fit)$table
    out$zph_terms <- rownames(z)
    out$zph <- t(z)
  }
  if (basehaz) {
    b <- basehaz(fit, centered = FALSE)
    jump <- c(TRUE, diff(b$hazard) != 0)
    if (!is.null(b$strata)) jump <- jump | c(TRUE, b$strata[-1] != b$strata[-nrow(b)])
    jump <- jump & b$hazard > 0
    out$basehaz_time <- b$time[jump]
    out$basehaz <- b$hazard[jump]
  }
  out
}
complete <- na.omit(lung[, c("time", "status", "age", "sex", "ph.ecog")])
site <- c("a", "b", "c")[seq_len(nrow(complete)) %% 3 + 1]
l <- data.frame(time = complete$time, event = complete$status - 1, age = complete$age,
                sex = factor(complete$sex, levels = 1:2, labels = c("male", "female")),
                ecog = complete$ph.ecog, site = site)
v <- data.frame(time = veteran$time, event = veteran$status,
                trt = factor(veteran$trt, 1:2, c("standard", "test")),
                cell = factor(veteran$celltype, c("squamous", "smallcell", "adeno", "large")),
                karno = veteran$karno, site = c("a", "b", "c")[seq_len(nrow(veteran)) %% 3 + 1],
                diagtime = veteran$diagtime, age = veteran$age, prior = veteran$prior)
l$female <- as.numeric(l$sex == "female")
# Months: many ties, so that Efron and Breslow differ.
l$month <- ceiling(l$time / 30)
scaled <- within(v, { karno <- as.numeric(scale(karno)); age <- as.numeric(scale(age))
                      diagtime <- as.numeric(scale(diagtime)) })
S <- Surv
golden <- list(
  km_lung = km(S(time, event) ~ 1, l), km_lung_plain = km(S(time, event) ~ 1, l, "plain"),
  km_lung_loglog = km(S(time, event) ~ 1, l, "log-log"), km_lung_sex = km(S(time, event) ~ sex, l),
  km_veteran_cell = km(S(time, event) ~ cell, v),
  logrank_lung_sex = rank_test(S(time, event) ~ sex, l),
  peto_lung_sex = rank_test(S(time, event) ~ sex, l, 1),
  logrank_veteran_cell = rank_test(S(time, event) ~ cell, v),
  logrank_veteran_trt_strata_cell = rank_test(S(time, event) ~ trt + strata(cell), v),
  rho_half_veteran_cell_strata_trt = rank_test(S(time, event) ~ cell + strata(trt), v, 0.5),
  cox_lung_efron = cox(S(time, event) ~ age + sex + ecog, l),
  cox_lung_breslow = cox(S(time, event) ~ age + sex + ecog, l, ties = "breslow"),
  cox_lung_month_efron = cox(S(month, event) ~ age + sex + ecog, l),
  cox_lung_month_breslow = cox(S(month, event) ~ age + sex + ecog, l, ties = "breslow"),
  cox_lung_ridge = cox(S(time, event) ~ ridge(age, female, ecog, theta = 10, scale = FALSE),
                       l, zph = FALSE, basehaz = FALSE),
  cox_lung_site = cox(S(time, event) ~ age + sex + ecog + strata(site), l, zph = FALSE,
                      basehaz = FALSE),
  cox_veteran_efron = cox(S(time, event) ~ trt + cell + karno + diagtime + age + prior, v),
  cox_veteran_breslow = cox(S(time, event) ~ trt + cell + karno + diagtime + age + prior, v,
                            ties = "breslow"),
  cox_veteran_strata = cox(S(time, event) ~ trt + karno + age + strata(cell), v),
  cox_veteran_ridge_scaled = cox(
    S(time, event) ~ ridge(karno, age, diagtime, theta = 5, scale = FALSE), scaled, zph = FALSE,
    basehaz = FALSE),
  concordance_karno = {
    fit <- concordance(S(time, event) ~ karno, v, reverse = TRUE)
    list(concordance = fit$concordance, se = sqrt(fit$var), count = fit$count)
  })
write.csv(l, "tests/golden/data/lung.csv", row.names = FALSE, quote = FALSE)
write.csv(v, "tests/golden/data/veteran.csv", row.names = FALSE, quote = FALSE)
cat(js(golden), "\n", file = "tests/golden/survival.json", sep = "")
