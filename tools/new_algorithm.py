#!/usr/bin/env python3
"""Makes the files of a new algorithm: tools/new_algorithm.py family/name [--root FOLDER]

Written: src/algorithms/FAMILY/NAME.{h,cc}, NAME_test.cc, one line in the family's register.cc,
tools/reference/NAME.R, tests/golden/NAME.json (a placeholder that fails the test until it is filled)
and docs/algorithms/NAME.md. What is there already is never overwritten.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

HEADER = """// One sentence: what it computes.
//
// Released:   what the result shows; what it does not.
// Statistic:  the blocks of a round with their lengths: n[1] | sum[1].
// Input:      the variables and their kinds.
// Additive:   per person; bounds in LayoutFor(), applied by PersonSum.
// Cost:       O(rows) time; 1 round.
// Errors:     code and when.
// Threads:    const methods may run concurrently.
// Reference:  the paper or standard. Golden: tests/golden/{name}.json.
#pragma once

#include "algo/registry.h"

namespace essaim::{family} {{

AlgorithmInfo {type}Info();

}}  // namespace essaim::{family}
"""

SOURCE = """#include "algorithms/{family}/{name}.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/status_macros.h"

namespace essaim::{family} {{
namespace {{

// A starting point that works: counts the persons with a value and adds their values.
class {type} final : public PersonSum {{
 public:
  {type}(const Variable& variable, std::size_t index)
      : bound_(std::max({{std::fabs(variable.lower), std::fabs(variable.upper), 1.0}})),
        index_(index) {{}}

  State Start() const override {{ return {{}}; }}

  Layout LayoutFor(const State&) const override {{
    return {{.blocks = {{{{.name = "n", .length = 1, .bound = 1, .integral = true}},
                       {{.name = "sum", .length = 1, .bound = bound_}}}}}};
  }}

  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override {{
    State after = state;
    after.round = state.round + 1;
    after.done = true;
    after.Set("n", sum.scalar("n"));
    after.Set("sum", sum.scalar("sum"));
    return after;
  }}

  absl::StatusOr<Result> ResultOf(const State& state) const override {{
    ResultTable table{{.id = "{name}", .title = "{title}"}};
    table.columns = {{{{.name = "n", .title = "n", .kind = ColumnKind::kCount}},
                     {{.name = "sum", .title = "Sum", .kind = ColumnKind::kNumber, .of = 0}}}};
    table.rows = {{{{static_cast<std::int64_t>(std::llround(state.Scalar("n"))),
                    state.Scalar("sum")}}}};
    return Result{{.algorithm = "{family}/{name}",
                  .label = {{.tolerance = 1e-12, .reference = "tools/reference/{name}.R"}},
                  .rounds = state.round,
                  .tables = {{table}}}};
  }}

 protected:
  void Contribute(const PersonTable& table, std::size_t person, const State&,
                  std::span<double> out) const override {{
    const double x = table.at(person, index_);
    if (PersonTable::IsMissing(x)) return;
    out[0] = 1;
    out[1] = x;
  }}

 private:
  double bound_;
  std::size_t index_;
}};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {{
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t index,
                          setup.schema.Index(setup.params.Text("variable")));
  return std::make_unique<{type}>(setup.schema.variables()[index], index);
}}

}}  // namespace

AlgorithmInfo {type}Info() {{
  return {{.name = "{family}/{name}",
          .title = "{title}",
          .description = "One sentence.",
          .params = {{{{.name = "variable",
                      .type = ParamType::kVariable,
                      .required = true,
                      .description = "A number."}}}},
          .make = Make,
          .examples = [] {{ return std::vector<Params>{{Params{{{{{{"variable", std::string("age")}}}}}}}}; }}}};
}}

}}  // namespace essaim::{family}
"""

TEST = """#include "algorithms/{family}/{name}.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "algo/conformance_schema.h"
#include "base/testing/status_matchers.h"

namespace essaim::{family} {{
namespace {{

TEST({type}Test, IsMadeFromItsExamples) {{
  for (const Params& params : {type}Info().examples()) {{
    EXPECT_OK({type}Info().make({{.schema = ConformanceSchema(), .params = params}}));
  }}
}}

// tools/reference/{name}.R writes the numbers; compare them here with a federated run.
TEST({type}Test, GoldenValuesAreThere) {{
  std::ifstream file(std::string(ESSAIM_SOURCE_DIR) + "/tests/golden/{name}.json");
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty());
  EXPECT_EQ(text.str().find("\\"placeholder\\": true"), std::string::npos)
      << "fill tests/golden/{name}.json with tools/reference/{name}.R";
}}

}}  // namespace
}}  // namespace essaim::{family}
"""

REFERENCE = """# Makes tests/golden/{name}.json with R.
#   Rscript tools/reference/{name}.R          (from the root of the repository)
# Say here which public data it is about and which packages in which versions are the reference.
stop("write the reference values of {family}/{name}")
"""

GOLDEN = '{{"placeholder": true, "made_with": "tools/reference/{name}.R"}}\n'

PAGE = """# {title}

`{family}/{name}`

**What.** One sentence.

**Input.** The variables and their kinds; parameters with their defaults.

**Statistic.** What a site sends in a round, and its bounds.

**Formula.** From the sum to the result, with its reference.

**Exactness.** Exact or approximate, with the tolerance that the golden test holds it to.

**What it reveals.** What the result shows, and what it hides.

```yaml
analyses:
  - name: {name}
    algorithm: {family}/{name}
    parameters:
      variable: age
```
"""

REGISTER_H = """// The {family} family.
#pragma once

#include "algo/registry.h"

namespace essaim {{

void Register{family_type}(Registry& registry);

}}  // namespace essaim
"""

REGISTER_CC = """#include "algorithms/{family}/register.h"

namespace essaim {{

void Register{family_type}(Registry& registry) {{
}}

}}  // namespace essaim
"""


def camel(snake):
    return "".join(word.capitalize() for word in snake.split("_"))


def add_include(text, include):
    """Puts the include among the family's, in order."""
    lines = text.split("\n")
    own = [i for i, line in enumerate(lines) if line.startswith('#include "algorithms/')]
    # The first is the file's own header, apart from the others.
    later = [i for i in own[1:] if lines[i] < include]
    if later:
        lines.insert(later[-1] + 1, include)
    elif len(own) > 1:
        lines.insert(own[1], include)
    else:
        lines[own[0] + 1:own[0] + 1] = ["", include]
    return "\n".join(lines)


def register(text, values):
    """The text of register.cc with the algorithm's include and its one line."""
    line = "  registry.Add({family}::{type}Info());".format(**values)
    if line in text:
        return text
    text = add_include(text, '#include "algorithms/{family}/{name}.h"'.format(**values))
    # clang-format puts a function of one statement on one line.
    text = re.sub(r"(void Register\w+\(Registry& registry\) \{) (registry\.Add\(.*\);) \}", r"\1\n  \2\n}", text)
    function = re.compile(r"(void Register{family_type}\(Registry& registry\) \{{\n(?:.*\n)*?)(\}}\n)".format(**values))
    if not function.search(text):
        sys.exit("register.cc has no function Register{family_type}".format(**values))
    return function.sub(lambda m: m.group(1) + line + "\n" + m.group(2), text, count=1)


def add_family(root, values):
    """A new family: its register.{h,cc} and its call in src/algorithms/registry.cc."""
    folder = root / "src/algorithms" / values["family"]
    folder.mkdir(parents=True)
    (folder / "register.h").write_text(REGISTER_H.format(**values), encoding="utf-8")
    (folder / "register.cc").write_text(REGISTER_CC.format(**values), encoding="utf-8")
    path = root / "src/algorithms/registry.cc"
    text = add_include(path.read_text(encoding="utf-8"),
                       '#include "algorithms/{family}/register.h"'.format(**values))
    call = "  Register{family_type}(registry);\n".format(**values)
    text = re.sub(r"(void RegisterAll\(Registry& registry\) \{\n(?:.*\n)*?)(\}\n)",
                  lambda m: m.group(1) + call + m.group(2), text, count=1)
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("algorithm", help="family/name, both in snake_case")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent)
    arguments = parser.parse_args()
    match = re.fullmatch(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)", arguments.algorithm)
    if not match or match.group(2).endswith(("_test", "_bench", "_main", "_testing")):
        sys.exit("expected family/name in snake_case, not ending in _test, _bench, _main or _testing")
    family, name = match.groups()
    values = {"family": family, "name": name, "type": camel(name), "family_type": camel(family),
              "title": name.replace("_", " ").capitalize()}
    folder = arguments.root / "src/algorithms" / family
    files = {folder / f"{name}.h": HEADER, folder / f"{name}.cc": SOURCE, folder / f"{name}_test.cc": TEST,
             arguments.root / "tools/reference" / f"{name}.R": REFERENCE,
             arguments.root / "tests/golden" / f"{name}.json": GOLDEN,
             arguments.root / "docs/algorithms" / f"{name}.md": PAGE}
    there = [str(path) for path in files if path.exists()]
    if there:
        sys.exit("already there: " + ", ".join(there))
    if not folder.exists():
        add_family(arguments.root, values)
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.replace("", "").format(**values), encoding="utf-8")
        print(path.relative_to(arguments.root))
    path = folder / "register.cc"
    path.write_text(register(path.read_text(encoding="utf-8"), values), encoding="utf-8")
    print(path.relative_to(arguments.root))
    formatter = shutil.which("clang-format-14")
    if formatter:
        style = pathlib.Path(__file__).parent.parent / ".clang-format"
        sources = [str(p) for p in (*files, path) if p.suffix in (".h", ".cc")]
        subprocess.run([formatter, "-i", f"--style=file:{style}", *sources], check=True)


if __name__ == "__main__":
    main()
