#include "app/configuration.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "app/configuration_keys.hpp"

namespace signalbox {

namespace {

constexpr std::string_view config_variable = "SIGNALBOX_CONFIG";

/// Gathers values from one source after the other, and every fault on the way.
class loading {
public:
  void read_file(const file_text& file);
  void read_environment(const std::map<std::string, std::string>& environment);
  void read_flag(const given_flag& flag);
  void check_whole();

  configuration result;
  configuration_faults faults;

private:
  void take(const setting& which, std::string_view text, std::string_view where);
  void read_section(std::string_view section, const toml::table& keys, std::string_view file);
  void unknown(std::string_view where, std::string_view what, std::string_view name, std::span<const std::string_view> known);
  void say(std::string sentence) { faults.sentences.push_back(std::move(sentence)); }
};

const setting* find_setting(std::string_view section, std::string_view key) {
  const auto all = settings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const setting& s) { return s.section == section && s.key == key; });
  return found == all.end() ? nullptr : &*found;
}

/// A scalar or a list of strings as the text that the environment would have; nothing for anything else.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const auto& each : *list) {
      const auto* text = each.as_string();
      if (!text) return std::nullopt;
      joined.append(joined.empty() ? "" : ",").append(text->get());
    }
    return joined;
  }
  return std::nullopt;
}

/// A table's members as the reader sees them; toml++ sorts them by name.
std::vector<std::pair<std::string_view, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string_view, const toml::node*>> all;
  for (const auto& [name, node] : table) all.emplace_back(name.str(), &node);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second->source().begin.line < b.second->source().begin.line; });
  return all;
}

std::string at_line(std::string_view file, const toml::source_region& source) {
  return fmt::format("{}:{}", file, source.begin.line);
}

void loading::take(const setting& which, std::string_view text, std::string_view where) {
  if (which.read(result, text)) return;
  const auto given = which.secret ? std::string("this value") : fmt::format("\"{}\"", text);
  say(fmt::format("{}: {}: {} is not allowed; allowed: {}", where, name_of(which), given, which.allowed));
}

void loading::unknown(std::string_view where, std::string_view what, std::string_view name,
                      std::span<const std::string_view> known) {
  const auto nearest = nearest_word(name, known);
  say(nearest ? fmt::format("{}: unknown {} {}; did you mean {}?", where, what, name, *nearest)
              : fmt::format("{}: unknown {} {}; known: {}", where, what, name, fmt::join(known, ", ")));
}

void loading::read_file(const file_text& file) {
  toml::table parsed;
  try {
    parsed = toml::parse(file.text, file.name);
  } catch (const toml::parse_error& fault) {
    say(fmt::format("{}: not valid TOML: {}", at_line(file.name, fault.source()), fault.description()));
    return;
  }
  std::vector<std::string_view> sections;
  for (const auto& each : settings())
    if (sections.empty() || sections.back() != each.section) sections.push_back(each.section);
  for (const auto& [name, node] : in_file_order(parsed)) {
    const auto where = at_line(file.name, node->source());
    const auto* table = node->as_table();
    if (std::find(sections.begin(), sections.end(), name) == sections.end()) {
      if (table) {
        unknown(where, "section", name, sections);
      } else {
        std::vector<std::string> homes;
        for (const auto& each : settings())
          if (each.key == name) homes.push_back(fmt::format("[{}]", each.section));
        say(homes.empty()
                ? fmt::format("{}: unknown key {} outside of any section; sections: {}", where, name, fmt::join(sections, ", "))
                : fmt::format("{}: {} stands outside of its section {}", where, name, fmt::join(homes, " or ")));
      }
    } else if (!table) {
      say(fmt::format("{}: {} is a section: write [{}] and its keys below", where, name, name));
    } else {
      read_section(name, *table, file.name);
    }
  }
}

void loading::read_section(std::string_view section, const toml::table& keys, std::string_view file) {
  for (const auto& [key, node] : in_file_order(keys)) {
    const auto where = at_line(file, node->source());
    if (const auto* known = find_setting(section, key)) {
      if (const auto text = scalar_text(*node)) {
        take(*known, *text, where);
      } else {
        say(fmt::format("{}: {} has a value of the wrong type; allowed: {}", where, name_of(*known), known->allowed));
      }
      continue;
    }
    std::vector<std::string_view> here;
    for (const auto& each : settings())
      if (each.section == section) here.push_back(each.key);
    unknown(where, fmt::format("key in [{}]:", section), key, here);
  }
}

/// Container platforms set `NAME_SERVICE_HOST`, `NAME_PORT`, `NAME_PORT_8080_TCP`, … for a service that is called signalbox.
bool set_by_a_platform(std::string_view variable) {
  return variable.starts_with("SIGNALBOX_SERVICE_") || variable == "SIGNALBOX_PORT" || variable.starts_with("SIGNALBOX_PORT_");
}

void loading::read_environment(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> names{std::string(config_variable)};
  for (const auto& each : settings()) {
    names.push_back(variable_of(each));
    if (auto other = short_variable_of(each); !other.empty()) names.push_back(std::move(other));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const auto& [variable, value] : environment)
    if (variable.starts_with("SIGNALBOX_") && !set_by_a_platform(variable) &&
        std::find(known.begin(), known.end(), variable) == known.end())
      unknown("environment", "variable", variable, known);

  for (const auto& each : settings()) {
    const auto full = environment.find(variable_of(each));
    const auto brief = environment.find(short_variable_of(each));
    if (full != environment.end()) take(each, full->second, full->first);
    if (brief == environment.end()) continue;
    if (full == environment.end()) {
      take(each, brief->second, brief->first);
    } else if (full->second != brief->second) {
      say(fmt::format("environment: {} and {} name the same key {} and disagree; set one of them", full->first, brief->first,
                      name_of(each)));
    }
  }
}

void loading::read_flag(const given_flag& flag) {
  if (const auto* known = find_setting(flag.section, flag.key)) {
    take(*known, flag.value, flag.flag);
  } else {
    say(fmt::format("{}: there is no key {}.{}", flag.flag, flag.section, flag.key));
  }
}

void loading::check_whole() {
  if (result.server.tls_certificate.has_value() != result.server.tls_key.has_value())
    say("server.tls_certificate and server.tls_key go together: set both, or neither for no TLS");
}

}  // namespace

std::variant<configuration, configuration_faults> load_configuration(const configuration_sources& from) {
  loading under_way;
  if (from.file) under_way.read_file(*from.file);
  under_way.read_environment(from.environment);
  for (const auto& each : from.flags) under_way.read_flag(each);
  if (under_way.faults.sentences.empty()) under_way.check_whole();
  if (!under_way.faults.sentences.empty()) return std::move(under_way.faults);
  return std::move(under_way.result);
}

std::string describe(const configuration& of) {
  std::string out;
  std::string_view section;
  for (const auto& each : settings()) {
    if (each.section != section) {
      out += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", each.section);
      section = each.section;
    }
    const auto value = each.show(of);
    if (!value) {
      out += fmt::format("# {} is not set\n", each.key);
    } else if (each.secret) {
      out += fmt::format("# {} is set\n", each.key);
    } else {
      out += fmt::format("{} = {}\n", each.key, *value);
    }
  }
  return out;
}

namespace {

template <class Word, std::size_t N>
std::optional<Word> parse_word(std::string_view text, const std::array<Word, N>& all) {
  for (const auto each : all)
    if (to_text(each) == text) return each;
  return std::nullopt;
}

}  // namespace

std::optional<log_format> parse_log_format(std::string_view text) {
  return parse_word(text, std::array{log_format::plain, log_format::json});
}

std::optional<log_level> parse_log_level(std::string_view text) {
  return parse_word(text, std::array{log_level::trace, log_level::debug, log_level::info, log_level::warning, log_level::error});
}

std::string_view to_text(log_format of) { return of == log_format::plain ? "plain" : "json"; }

std::string_view to_text(log_level of) {
  switch (of) {
    case log_level::trace:
      return "trace";
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "error";
}

}  // namespace signalbox
