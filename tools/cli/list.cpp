// `lathe list KIND`: what there is to choose from, an entry a line, read from the tables.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "ir/elementwise.h"
#include "ir/op_table.h"
#include "lathe/catalog.h"
#include "tools/cli/command.h"
#include "tools/cli/etf/options.h"
#include "tools/cli/json_line.h"
#include "tools/cli/stages.h"
#include "tools/cli/tasks.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string kind;
  bool json = false;
};

struct Entry {
  std::string name, text;
};

std::vector<Entry> passes() {
  return {
#define PASS(name, function, contract) {#name, contract},
#include "passes/passes.def"
#undef PASS
  };
}

std::string operand_count(int least, int most) {
  if (most < 0) return fmt::format("{} or more operands", least);
  if (least != most) return fmt::format("{} to {} operands", least, most);
  return fmt::format("{} operand{}", least, least == 1 ? "" : "s");
}

/// Structured ops with their attributes, then elementwise ones with their formula.
std::vector<Entry> ops() {
  std::vector<Entry> entries;
  for (const ir::OpInfo& op : ir::op_table()) {
    std::string text = operand_count(op.least, op.most);
    for (const ir::AttrSpec& attr : op.attrs) {
      text +=
          fmt::format("; {} ({}{})", attr.name, attr.type, attr.default_value ? ", optional" : "");
    }
    if (!op.has_gradient) text += "; no gradient";
    entries.push_back({std::string(op.text), text});
  }
  for (const ir::ElementwiseRow& row : ir::elementwise_table()) {
    entries.push_back(
        {std::string(row.name),
         fmt::format("elementwise, {}: {}", operand_count(row.arity, row.arity), row.formula)});
  }
  return entries;
}

std::vector<Entry> stages() {
  std::vector<Entry> entries;
  for (const Stage& stage : all_stages()) entries.push_back({stage.name, stage.text});
  return entries;
}

std::vector<Entry> tasks() {
  std::vector<Entry> entries;
  for (const Task& task : all_tasks()) entries.push_back({task.name, task.text});
  return entries;
}

/// Of `lathe train etf`.
std::vector<Entry> presets() {
  std::vector<Entry> entries;
  for (const EtfPreset& preset : etf_presets()) entries.push_back({preset.name, preset.text});
  return entries;
}

/// Not a class's name, such as TotalVariation.
bool is_typed_easily(const std::string& name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Under the shortest of its names in small letters, which is the quickest to type.
std::vector<Entry> of_catalog(const std::string& kind) {
  std::vector<Entry> entries;
  for (CatalogEntry& entry : catalog(kind)) {
    for (std::string& alias : entry.aliases) {
      if (is_typed_easily(alias) && alias.size() < entry.name.size()) std::swap(alias, entry.name);
    }
    std::string text = entry.text;
    if (!entry.aliases.empty()) text += fmt::format(" (also {})", fmt::join(entry.aliases, ", "));
    entries.push_back({entry.name, text});
  }
  return entries;
}

/// Those that the catalog of the frontend does not have.
struct Kind {
  const char* name;
  std::vector<Entry> (*entries)();
};
constexpr Kind kKinds[] = {
    {"ops", ops}, {"passes", passes}, {"presets", presets}, {"stages", stages}, {"tasks", tasks}};

std::vector<Entry> entries_of(const std::string& kind) {
  for (const Kind& own : kKinds) {
    if (kind == own.name) return own.entries();
  }
  return of_catalog(kind);
}

std::vector<std::string> kinds() {
  std::vector<std::string> all = catalog_kinds();
  for (const Kind& own : kKinds) all.emplace_back(own.name);
  return all;
}

void print_json(const std::string& kind, const std::vector<Entry>& entries) {
  nlohmann::ordered_json out;
  out["kind"] = kind;
  out["entries"] = nlohmann::ordered_json::array();
  for (const Entry& e : entries) out["entries"].push_back({{"name", e.name}, {"text", e.text}});
  print_json_line(out);
}

int run(const Options& options) {
  const std::vector<Entry> entries = entries_of(options.kind);
  if (options.json) {
    print_json(options.kind, entries);
    return kDone;
  }
  size_t width = 0;
  for (const Entry& e : entries) width = std::max(width, e.name.size());
  for (const Entry& e : entries) {
    write_stdout(e.text.empty() ? e.name + "\n"
                                : fmt::format("{:<{}}  {}\n", e.name, width, e.text));
  }
  return kDone;
}

}  // namespace

Run declare_list(Args& args) {
  auto options = std::make_shared<Options>();
  args.position_choice("KIND", options->kind, kinds(), "what to list");
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe list activations");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
