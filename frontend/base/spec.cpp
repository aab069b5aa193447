#include "frontend/base/spec.h"

#include <algorithm>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe {

namespace {

constexpr size_t kLongest = 20000;  // an expression of the largest size fits
constexpr int kDeepest = 4;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-') return false;
  return true;
}

/// True for a word that reads as something else, `true` or `inf` for example.
bool is_reserved(std::string_view word) {
  return word == "true" || word == "false" || ir::text_to_number(word).has_value();
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text.size() > kLongest)
      throw Error("a text of " + std::to_string(text.size()) + " characters is no name");
  }

  Spec read() {
    Spec spec = read_spec();
    if (at_ != text_.size()) expected("the end");
    return spec;
  }

 private:
  [[noreturn]] void expected(const std::string& what) const {
    const std::string found =
        at_ < text_.size() ? "'" + std::string(text_.substr(at_, 20)) + "'" : "the end";
    throw Error("'" + std::string(text_.substr(0, 80)) + "': expected " + what + ", found " +
                found + "; the form is NAME or NAME(option=value, ...)");
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    skip();
    return true;
  }
  /// Everything up to what divides words.
  std::string_view word() {
    const size_t from = at_;
    while (at_ < text_.size() && std::string_view(" \t,()[]=\"").find(text_[at_]) == text_.npos)
      ++at_;
    const std::string_view found = text_.substr(from, at_ - from);
    skip();
    return found;
  }

  Spec read_spec() {
    skip();
    Spec spec;
    const size_t start = at_;
    spec.name = word();
    if (!is_name(spec.name)) at_ = start, expected("a name");
    if (!accept('(')) return spec;
    bool first = true;
    while (!accept(')')) {
      if (!first && !accept(',')) expected("',' or ')'");
      first = false;
      read_option(spec);
    }
    return spec;
  }

  void read_option(Spec& spec) {
    const size_t start = at_;
    const std::string name(word());
    if (is_name(name) && accept('=')) {
      if (spec.options.has(name)) at_ = start, expected("option '" + name + "' once only");
      spec.options.set(name, value());
      return;
    }
    at_ = start;
    if (spec.positional || !spec.options.empty()) expected("option=value");
    spec.positional = value();
  }

  ir::Attr value() {
    if (at_ < text_.size() && text_[at_] == '[') return list();
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    const size_t start = at_;
    const std::string_view w = word();
    if (w == "true" || w == "True") return true;
    if (w == "false" || w == "False") return false;
    if (auto n = ir::text_to_integer(w)) return *n;
    if (auto v = ir::text_to_number(w)) return *v;
    if (!is_name(w)) at_ = start, expected("a value");
    if (at_ >= text_.size() || text_[at_] != '(') return std::string(w);
    at_ = start;  // a spec by itself: checked here, kept in its canonical form
    if (++nested_ > kDeepest) expected("fewer levels of parentheses");
    std::string text = to_string(read_spec());
    --nested_;
    return text;
  }

  std::string quoted() {
    std::string s;
    for (size_t from = at_ + 1;;) {
      const size_t end = text_.find('"', from);
      if (end == text_.npos) expected("a closing quote");
      s += text_.substr(from, end - from);
      if (text_.substr(end + 1, 1) != "\"") {
        at_ = end + 1;
        skip();
        return s;
      }
      s += '"';
      from = end + 2;
    }
  }

  ir::Attr list() {
    accept('[');
    std::vector<int64_t> ints;
    std::vector<double> reals;
    std::vector<std::string> words;
    bool whole = true;
    while (!accept(']')) {
      if ((!reals.empty() || !words.empty()) && !accept(',')) expected("',' or ']'");
      const size_t start = at_;
      if (at_ < text_.size() && text_[at_] == '[') expected("a number or a word");
      const ir::Attr item = value();
      const auto* integer = std::get_if<int64_t>(&item);
      const auto* real = std::get_if<double>(&item);
      const auto* text = std::get_if<std::string>(&item);
      if ((integer || real) && words.empty()) {
        whole = whole && integer;
        if (integer) ints.push_back(*integer);
        reals.push_back(integer ? static_cast<double>(*integer) : *real);
      } else if (text && reals.empty()) {
        words.push_back(*text);
      } else {
        at_ = start;
        expected("a list of numbers or of words");
      }
    }
    if (!words.empty()) return words;
    if (whole) return ints;
    return reals;
  }

  std::string_view text_;
  size_t at_ = 0;
  int nested_ = 0;
};

/// Whether `text` is what to_string gives for some spec with options.
bool is_canonical(const std::string& text) {
  if (text.find('(') == text.npos) return false;
  try {
    return to_string(parse_spec(text)) == text;
  } catch (const Error&) {
    return false;
  }
}

std::string quote(const std::string& word) {
  std::string s = "\"";
  for (char c : word) s += c == '"' ? "\"\"" : std::string(1, c);
  return s + "\"";
}

struct ValueText {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return ir::number_to_text(v, true); }
  std::string operator()(const std::string& v) const {
    const bool plain = is_name(v) && !is_reserved(v) && v != "True" && v != "False";
    return plain || is_canonical(v) ? v : quote(v);
  }
  template <class T>
  std::string operator()(const std::vector<T>& list) const {
    std::string s;
    for (const T& v : list) s += (s.empty() ? "" : ", ") + (*this)(v);
    return "[" + s + "]";
  }
};

}  // namespace

Spec parse_spec(std::string_view text) {
  return Reader(text).read();
}

std::vector<std::string> split_specs(std::string_view text) {
  std::vector<std::string> specs;
  const auto add = [&](std::string_view spec) {
    const size_t first = std::min(spec.find_first_not_of(' '), spec.size());
    specs.emplace_back(spec.substr(first, spec.find_last_not_of(' ') + 1 - first));
  };
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += (text[i] == '(' || text[i] == '[') - (text[i] == ')' || text[i] == ']');
    if (text[i] != ',' || depth > 0) continue;
    add(text.substr(begin, i - begin));
    begin = i + 1;
  }
  if (!text.empty()) add(text.substr(begin));
  return specs;
}

std::string to_string(const Spec& spec) {
  std::string inside;
  if (spec.positional) inside = std::visit(ValueText(), *spec.positional);
  for (const auto& [name, value] : spec.options)
    inside += (inside.empty() ? "" : ", ") + name + "=" + std::visit(ValueText(), value);
  return inside.empty() ? spec.name : spec.name + "(" + inside + ")";
}

void add_options(Spec& spec, const NamedOptions& options) {
  for (const auto& [name, option] : options) {
    if (spec.options.has(name)) throw Error(spec.name + ": option '" + name + "' is given twice");
    std::visit([&, n = std::string_view(name)](const auto& v) { spec.options.set(n, ir::Attr(v)); },
               option.value());
  }
}

namespace {

/// None of an option that is a word with a default of its own is the word none; of others it is
/// what is taken when they are not given.
Options without_none(Options given, const std::vector<OptionSpec>& known) {
  for (const OptionSpec& option : known) {
    const ir::Attr* value = given.find(option.name);
    const auto* word = value ? std::get_if<std::string>(value) : nullptr;
    if (!word || *word != "None") continue;
    if (option.type == "word" && option.default_value != ir::Attr(std::string()))
      given.set(option.name, "none");
    else
      given.erase(option.name);
  }
  return given;
}

}  // namespace

Options spec_options(const Spec& spec, const std::vector<OptionSpec>& known,
                     const std::string& where) {
  Options given = without_none(spec.options, known);
  if (spec.positional) {
    if (known.empty()) throw Error(where + ": takes no options");
    if (known.size() > 1) {
      std::string names;
      for (const OptionSpec& option : known) names += (names.empty() ? "" : ", ") + option.name;
      throw Error(where + ": a value needs its name: " + names);
    }
    if (given.has(known[0].name))
      throw Error(where + ": option '" + known[0].name + "' is given twice");
    given.set(known[0].name, *spec.positional);
  }
  return complete_options(known, given, where);
}

}  // namespace lathe
