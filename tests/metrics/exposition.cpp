#include "tests/metrics/exposition.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <sstream>

namespace signalbox::testing {

exposition exposition::parse(std::string_view text) {
  exposition read;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string hash, what, name;
    if (line.front() == '#') {
      words >> hash >> what >> name;
      std::string rest;
      std::getline(words >> std::ws, rest);
      if (what == "HELP") {
        read.families[name].help = rest;
      } else if (what == "TYPE") {
        read.families[name].type = rest;
        read.declared.push_back(name);
      } else {
        ADD_FAILURE() << "not understood: " << line;
      }
      continue;
    }
    const auto space = line.rfind(' ');
    if (space == std::string::npos) {
      ADD_FAILURE() << "not understood: " << line;
      continue;
    }
    const auto [place, fresh] = read.series.emplace(line.substr(0, space), std::stod(line.substr(space + 1)));
    EXPECT_TRUE(fresh) << "twice: " << place->first;
  }
  return read;
}

double exposition::value(const std::string& name) const {
  const auto found = series.find(name);
  if (found != series.end()) return found->second;
  ADD_FAILURE() << "no series " << name;
  return std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::string> exposition::label_values(std::string_view name, std::string_view label) const {
  std::set<std::string> values;
  for (const auto& [full, value] : series) {
    if (!full.starts_with(std::string(name) + "{")) continue;
    const std::string key = std::string(label) + "=\"";
    const auto start = full.find(key);
    if (start == std::string::npos) continue;
    const auto end = full.find('"', start + key.size());
    values.insert(full.substr(start + key.size(), end - start - key.size()));
  }
  return {values.begin(), values.end()};
}

}  // namespace signalbox::testing
