# Makes tests/golden/evaluation.json with R 4.2.2: how well glm()'s logistic model of MASS::birthwt
# predicts its own rows. The data are in tests/golden/glm.json ("birthwt").
#   Rscript tools/reference/evaluation.R     (from the root of the repository)
# AUC and its variance by DeLong's formula (equal to pROC 1.18.0's), Hosmer-Lemeshow as in
# ResourceSelection::hoslem.test (type-7 breaks, right-closed).
suppressMessages(library(MASS))
b <- transform(birthwt, race = factor(race), ptd = as.numeric(ptl > 0))
fit <- glm(low ~ age + lwt + race + smoke + ptd + ht + ui, binomial, b, epsilon = 1e-14)
p <- fitted(fit); y <- b$low; n <- length(y)
x1 <- p[y == 1]; x0 <- p[y == 0]
psi <- outer(x1, x0, function(a, c) (a > c) + 0.5 * (a == c))
auc <- mean(psi); se <- sqrt(var(rowMeans(psi)) / length(x1) + var(colMeans(psi)) / length(x0))
cell <- pmax(ceiling(p * 10), 1); gap <- tapply(p, cell, mean) - tapply(y, cell, mean); size <- tapply(p, cell, length)
g <- cut(p, quantile(p, seq(0, 1, 0.1)), include.lowest = TRUE)
o <- tapply(y, g, sum); e <- tapply(p, g, sum); m <- tapply(p, g, length)
hl <- sum((o - e)^2 / (e * (1 - e / m)))
q <- p^1.5; l <- qlogis(q) # a badly calibrated score: recalibration has something to find
rec <- glm(y ~ l, binomial, epsilon = 1e-14); large <- glm(y ~ offset(l), binomial, epsilon = 1e-14)
t <- seq(0.1, 0.5, 0.1); nb <- sapply(t, function(u) (sum(p >= u & y == 1) - sum(p >= u & y == 0) * u / (1 - u)) / n)
num <- function(v) paste(sprintf("%.17g", v), collapse = ", ")
line <- function(k, v) if (length(v) > 1) sprintf('"%s": [%s]', k, num(v)) else sprintf('"%s": %s', k, num(v))
s <- summary(rec)$coefficients
writeLines(c('{"made_by": "tools/reference/evaluation.R, R 4.2.2",', paste0(paste(c(
  line("auc", auc), line("std_error", se), line("lower", auc - qnorm(0.975) * se), line("upper", auc + qnorm(0.975) * se),
  line("brier", mean((p - y)^2)), line("log_loss", -mean(log(ifelse(y == 1, p, 1 - p)))),
  line("ece", sum(size * abs(gap)) / n), line("mce", max(abs(gap))), line("hl", hl), line("hl_p", pchisq(hl, 8, lower.tail = FALSE)),
  line("accuracy", mean((p >= 0.5) == y)), line("thresholds", t), line("net_benefit", nb),
  line("distorted", q), line("outcome", y), line("intercept", coef(rec)[1]), line("slope", coef(rec)[2]),
  line("intercept_std_error", s[1, 2]), line("slope_std_error", s[2, 2]), line("in_the_large", coef(large))), collapse = ",\n"), "}")),
  "tests/golden/evaluation.json")
