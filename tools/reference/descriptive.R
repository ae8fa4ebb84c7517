# Makes tests/golden/descriptive.json and the CSV files it is about, with R 4.2.2.
#   Rscript tools/reference/descriptive.R     (from the root of the repository)
# Data: survival::lung (survival 3.5-3; Loprinzi et al. 1994), MASS::birthwt (Hosmer & Lemeshow 1989),
# datasets::iris (Anderson 1935, Fisher 1936). All are public examples of R packages.
options(digits = 17)
num <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", as.numeric(x)))
str <- function(x) paste0('"', x, '"')
value <- function(x) if (is.character(x)) str(x) else if (is.logical(x) && !is.na(x)) tolower(as.character(x)) else num(x)
array <- function(x) paste0("[", paste(vapply(x, value, ""), collapse = ", "), "]")
any_of <- function(x) if (is.list(x)) array(unlist(x)) else value(x)
object <- function(x) if (length(x) == 0) "{}" else paste0("{", paste0(str(names(x)), ": ", vapply(x, any_of, ""), collapse = ", "), "}")

schemas <- list(); cases <- list(); expect <- list()
check <- function(table, where, column, v, tolerance = 1e-12) {
  if (is.nan(v) || is.na(v)) return(invisible())
  expect[[length(expect) + 1]] <<- sprintf('    {"table": "%s", "where": %s, "column": "%s", "value": %s, "tolerance": %s}',
                                           table, object(where), column, num(v), num(tolerance))
}
case <- function(name, data, algorithm, params, rounds_max, body) {
  expect <<- list(); body
  cases[[length(cases) + 1]] <<- sprintf('  {"name": "%s", "data": "%s", "algorithm": "descriptive/%s", "params": %s, "rounds_max": %d, "expect": [\n%s]}',
    name, data, algorithm, object(params), rounds_max, paste(expect, collapse = ",\n"))
}
int <- function(n, lo, hi) sprintf('{"name": "%s", "kind": "integer", "lower": %g, "upper": %g}', n, lo, hi)
real <- function(n, lo, hi) sprintf('{"name": "%s", "kind": "number", "lower": %g, "upper": %g}', n, lo, hi)
bool <- function(n) sprintf('{"name": "%s", "kind": "boolean"}', n)
cat_ <- function(n, levels) sprintf('{"name": "%s", "kind": "category", "levels": %s}', n, array(levels))
write_data <- function(name, data, schema) {
  write.csv(data, sprintf("tests/golden/data/descriptive_%s.csv", name), row.names = FALSE, na = "", quote = FALSE)
  schemas[[name]] <<- paste0('  "', name, '": [', paste(schema, collapse = ",\n    "), "]")
}

lung <- with(survival::lung, data.frame(age, sex = c("male", "female")[sex], ecog = ifelse(is.na(ph.ecog), NA, paste0("e", ph.ecog)),
  karno = ph.karno, calories = meal.cal, loss = wt.loss, dead = status - 1))
write_data("lung", lung, c(int("age", 18, 110), cat_("sex", c("male", "female")),
  cat_("ecog", c("e0", "e1", "e2", "e3", "e4")), int("karno", 0, 100), int("calories", 0, 5000), int("loss", -100, 200), bool("dead")))
birth <- with(MASS::birthwt, data.frame(low, age, lwt, race = c("white", "black", "other")[race], smoke, ht, bwt))
write_data("birthwt", birth, c(bool("low"), int("age", 10, 60), int("lwt", 50, 400),
  cat_("race", c("white", "black", "other")), bool("smoke"), bool("ht"), int("bwt", 200, 6000)))
flowers <- setNames(iris, c("sepal_length", "sepal_width", "petal_length", "petal_width", "species"))
write_data("iris", flowers, c(real("sepal_length", 0, 20), real("sepal_width", 0, 20), real("petal_length", 0, 20),
  real("petal_width", 0, 20), cat_("species", c("setosa", "versicolor", "virginica"))))

skew <- function(x) { d <- x - mean(x); mean(d^3) / mean(d^2)^1.5 }
present <- function(x) x[!is.na(x)]
table_moments <- function(v, level, x) {
  w <- list(variable = v, level = level); y <- present(x)
  check("moments", w, "n", length(y), 0); check("moments", w, "missing", sum(is.na(x)), 0)
  check("moments", w, "mean", mean(y)); check("moments", w, "variance", var(y))
  check("moments", w, "sd", sd(y)); check("moments", w, "skewness", skew(y), 1e-11)
}
vars <- c("age", "karno", "calories", "loss")
case("moments of lung", "lung", "moments", list(variables = as.list(c(vars, "dead"))), 2,
  for (v in c(vars, "dead")) table_moments(v, "all", lung[[v]]))
case("moments of lung by sex", "lung", "moments", list(variables = as.list(vars), by = "sex"), 2,
  for (v in vars) for (s in c("male", "female")) table_moments(v, s, lung[[v]][lung$sex == s]))
case("moments of iris", "iris", "moments", list(variables = as.list(names(flowers)[1:4]), by = "species"), 2,
  for (v in names(flowers)[1:4]) for (s in levels(flowers$species)) table_moments(v, s, flowers[[v]][flowers$species == s]))

case("count", "lung", "count", list(by = "ecog"), 1, {
  for (l in c("e0", "e1", "e2", "e3")) check("counts", list(level = l), "n", sum(lung$ecog == l, na.rm = TRUE), 0)
  check("counts", list(level = "e4"), "n", 0, 0); check("counts", list(level = "(missing)"), "n", sum(is.na(lung$ecog)), 0) })
case("frequencies", "lung", "frequency", list(variables = list("ecog", "dead")), 1, {
  for (l in c("e0", "e1", "e2", "e3")) {
    k <- sum(lung$ecog == l, na.rm = TRUE); w <- list(variable = "ecog", level = l)
    check("frequencies", w, "n", k, 0); check("frequencies", w, "share", k / nrow(lung)); check("frequencies", w, "valid_share", k / sum(!is.na(lung$ecog))) }
  check("frequencies", list(variable = "ecog", level = "(missing)"), "n", sum(is.na(lung$ecog)), 0)
  check("frequencies", list(variable = "dead", level = "yes"), "n", sum(lung$dead), 0) })

cells <- function(a, b, la, lb) for (i in la) for (j in lb) check("cells", list(row = i, column = j), "n", sum(a == i & b == j, na.rm = TRUE), 0)
chi <- function(t, correct = TRUE) {
  r <- suppressWarnings(chisq.test(t, correct = correct)); u <- suppressWarnings(chisq.test(t, correct = FALSE))
  check("test", list(), "n", sum(t), 0); check("test", list(), "statistic", r$statistic); check("test", list(), "df", r$parameter, 0)
  check("test", list(), "p_value", r$p.value, 1e-10); check("test", list(), "cramers_v", sqrt(u$statistic / (sum(t) * (min(dim(t)) - 1)))) }
case("cross-table with missing", "lung", "cross_table", list(row = "ecog", column = "sex"), 1, {
  cells(lung$ecog, lung$sex, c("e0", "e1", "e2", "e3"), c("male", "female")); chi(table(lung$ecog, lung$sex))
  for (s in c("male", "female")) check("cells", list(row = "(missing)", column = s), "n", sum(is.na(lung$ecog) & lung$sex == s), 0) })
case("chi-squared, Yates", "birthwt", "chi_squared", list(row = "smoke", column = "low"), 1, chi(table(birth$smoke, birth$low)))
case("chi-squared, uncorrected", "birthwt", "chi_squared", list(row = "smoke", column = "low", correct = FALSE), 1, chi(table(birth$smoke, birth$low), FALSE))
case("chi-squared, three by two", "birthwt", "chi_squared", list(row = "race", column = "smoke"), 1, chi(table(birth$race, birth$smoke)))

pairs <- function(d, use) for (i in seq_along(vars)) for (j in seq_len(i)) {
  x <- d[[vars[i]]]; y <- d[[vars[j]]]; w <- list(a = vars[i], b = vars[j])
  check("pairs", w, "n", sum(!is.na(x) & !is.na(y)), 0); check("pairs", w, "covariance", cov(x, y, use = use), 1e-11)
  check("pairs", w, "correlation", cor(x, y, use = use), 1e-11)
  if (i != j) check("pairs", w, "p_value", cor.test(x, y)$p.value, 1e-9) }
case("correlation, pairwise", "lung", "correlation", list(variables = as.list(vars)), 2, pairs(lung, "pairwise.complete.obs"))
case("correlation, listwise", "lung", "correlation", list(variables = as.list(vars), missing = "listwise"), 2,
  pairs(lung[complete.cases(lung[vars]), ], "everything"))

hist_case <- function(x, edges, right) { h <- hist(x, breaks = edges, right = right, plot = FALSE)
  for (i in seq_along(h$counts)) check("bins", list(bin = as.character(i)), "n", h$counts[i], 0) }
case("histogram", "lung", "histogram", list(variable = "age", edges = as.list(seq(30, 90, 5))), 1, hist_case(lung$age, seq(30, 90, 5), TRUE))
case("histogram, left-closed", "iris", "histogram", list(variable = "petal_length", edges = as.list(1:7), closed = "left"), 1,
  hist_case(iris$Petal.Length, 1:7, FALSE))

p <- c(0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
quants <- function(x, level, type) for (q in p) check("quantiles", list(level = level, probability = q), "quantile", quantile(present(x), q, type = type))
for (type in c(1, 7)) {
  case(paste("quantiles, type", type), "lung", "quantile", list(variable = "calories", probabilities = as.list(p), type = as.character(type)), 3,
    quants(lung$calories, "all", type))
  case(paste("quantiles by species, type", type), "iris", "quantile",
    list(variable = "petal_width", by = "species", probabilities = as.list(p), type = as.character(type), resolution = 0.1, rounds = 2), 2,
    for (s in levels(flowers$species)) quants(flowers$petal_width[flowers$species == s], s, type))
}

t_case <- function(f, d, pooled) { t <- t.test(f, d, var.equal = pooled)
  check("test", list(), "statistic", t$statistic, 1e-10); check("test", list(), "df", t$parameter, 1e-10); check("test", list(), "p_value", t$p.value, 1e-9)
  check("test", list(), "difference", t$estimate[1] - t$estimate[2], 1e-10); check("test", list(), "std_error", t$stderr, 1e-10)
  check("test", list(), "lower", t$conf.int[1], 1e-10); check("test", list(), "upper", t$conf.int[2], 1e-10) }
birth$smokes <- factor(birth$smoke)
case("t test, Welch", "birthwt", "t_test", list(variable = "bwt", by = "smoke"), 2, t_case(bwt ~ smokes, birth, FALSE))
case("t test, pooled", "birthwt", "t_test", list(variable = "bwt", by = "smoke", variance = "pooled"), 2, t_case(bwt ~ smokes, birth, TRUE))
anova_case <- function(f, d) { a <- summary(aov(f, d))[[1]]
  check("test", list(source = "between"), "statistic", a[1, 4], 1e-10); check("test", list(source = "between"), "df", a[1, 1], 0)
  check("test", list(source = "within"), "df", a[2, 1], 0); check("test", list(source = "between"), "p_value", a[1, 5], 1e-9)
  check("test", list(source = "between"), "sum_of_squares", a[1, 2], 1e-10); check("test", list(source = "within"), "sum_of_squares", a[2, 2], 1e-10) }
case("anova of birthwt", "birthwt", "anova", list(variable = "bwt", by = "race"), 2, anova_case(bwt ~ race, birth))
case("anova of lung with missing", "lung", "anova", list(variable = "loss", by = "ecog"), 2, anova_case(loss ~ ecog, lung))

smd_number <- function(a, b) (mean(a, na.rm = TRUE) - mean(b, na.rm = TRUE)) / sqrt((var(a, na.rm = TRUE) + var(b, na.rm = TRUE)) / 2)
smd_levels <- function(a, b, levels) {  # Yang & Dalton (2012)
  pa <- as.numeric(prop.table(table(factor(a, levels))))[-1]; pb <- as.numeric(prop.table(table(factor(b, levels))))[-1]
  s <- ((diag(pa, length(pa)) - outer(pa, pa)) + (diag(pb, length(pb)) - outer(pb, pb))) / 2
  sqrt(drop(t(pa - pb) %*% solve(s, pa - pb))) }
male <- lung$sex == "male"; lv <- c("e0", "e1", "e2", "e3"); rc <- c("white", "black", "other")
case("standardised differences", "birthwt", "standardised_mean_difference", list(variables = list("age", "lwt", "race", "ht"), by = "smoke"), 2, {
  g <- birth$smoke == 0
  for (v in c("age", "lwt")) check("differences", list(variable = v), "difference", smd_number(birth[[v]][g], birth[[v]][!g]), 1e-10)
  check("differences", list(variable = "race"), "difference", smd_levels(birth$race[g], birth$race[!g], rc), 1e-10)
  check("differences", list(variable = "ht"), "difference", smd_levels(birth$ht[g], birth$ht[!g], 0:1), 1e-10) })

strata_numbers <- function(v, s, x) { w <- list(variable = v, stratum = s); y <- present(x); q <- quantile(y, c(0.25, 0.5, 0.75))
  check("numbers", w, "n", length(y), 0); check("numbers", w, "missing", sum(is.na(x)), 0); check("numbers", w, "mean", mean(y)); check("numbers", w, "sd", sd(y))
  check("numbers", w, "q1", q[1]); check("numbers", w, "median", q[2]); check("numbers", w, "q3", q[3]) }
case("table 1 of lung", "lung", "table_one", list(variables = as.list(c(vars, "sex", "ecog", "dead"))), 3, {
  check("strata", list(), "n", nrow(lung), 0)
  for (v in vars) strata_numbers(v, "all", lung[[v]])
  for (l in lv) { k <- sum(lung$ecog == l, na.rm = TRUE); w <- list(variable = "ecog", level = l)
    check("categories", w, "n", k, 0); check("categories", w, "share", k / sum(!is.na(lung$ecog))) } })
case("table 1 of lung by sex", "lung", "table_one", list(variables = as.list(c(vars, "ecog", "dead")), by = "sex"), 3, {
  for (v in vars) { for (s in c("male", "female")) strata_numbers(v, s, lung[[v]][lung$sex == s])
    t <- t.test(lung[[v]][male], lung[[v]][!male]); w <- list(variable = v)
    check("tests", w, "statistic", t$statistic, 1e-10); check("tests", w, "p_value", t$p.value, 1e-9)
    check("tests", w, "smd", abs(smd_number(lung[[v]][male], lung[[v]][!male])), 1e-10) }
  for (v in c("ecog", "dead")) { r <- suppressWarnings(chisq.test(table(lung[[v]], lung$sex))); w <- list(variable = v)
    check("tests", w, "statistic", r$statistic, 1e-10); check("tests", w, "p_value", r$p.value, 1e-9) }
  check("tests", list(variable = "ecog"), "smd", smd_levels(lung$ecog[male], lung$ecog[!male], lv), 1e-10)
  check("tests", list(variable = "dead"), "smd", smd_levels(lung$dead[male], lung$dead[!male], 0:1), 1e-10) })
case("table 1 of birthwt by race", "birthwt", "table_one", list(variables = list("bwt", "smoke"), by = "race"), 3, {
  a <- oneway.test(bwt ~ race, birth, var.equal = TRUE); w <- list(variable = "bwt")
  check("tests", w, "statistic", a$statistic, 1e-10); check("tests", w, "p_value", a$p.value, 1e-9)
  duo <- combn(rc, 2); check("tests", w, "smd", mean(apply(duo, 2, function(d) abs(smd_number(birth$bwt[birth$race == d[1]], birth$bwt[birth$race == d[2]])))), 1e-10)
  check("tests", list(variable = "smoke"), "smd", mean(apply(duo, 2, function(d) smd_levels(birth$smoke[birth$race == d[1]], birth$smoke[birth$race == d[2]], 0:1))), 1e-10) })

writeLines(c("{", sprintf('"made_with": "R %s, survival %s, MASS %s, tools/reference/descriptive.R",', getRversion(),
  packageVersion("survival"), packageVersion("MASS")), '"schemas": {', paste(unlist(schemas), collapse = ",\n"), "},", '"cases": [',
  paste(unlist(cases), collapse = ",\n"), "]", "}"), "tests/golden/descriptive.json")
