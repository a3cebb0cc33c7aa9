#include "app/replay/script.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <unordered_set>

namespace signalbox {

namespace {

namespace json = boost::json;

using fault = std::string;

std::variant<turn, fault> read_turn(const json::value& from, std::size_t number) {
  const auto* pair = from.if_array();
  if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string())
    return fmt::format("turn {} must be a list of the speaker and the text", number);
  const std::string_view who = (*pair)[0].get_string();
  if (who != "contact" && who != "agent")
    return fmt::format("turn {}: the speaker must be \"contact\" or \"agent\", not \"{}\"", number, who);
  const std::string_view text = (*pair)[1].get_string();
  if (text.empty()) return fmt::format("turn {} has an empty text", number);
  return turn{who == "contact" ? speaker::contact : speaker::agent, std::string(text)};
}

std::variant<dialogue, fault> read_dialogue(std::string_view line) {
  boost::system::error_code wrong;
  const auto parsed = json::parse({line.data(), line.size()}, wrong);
  if (wrong) return fmt::format("not JSON: {}", wrong.message());
  const auto* object = parsed.if_object();
  if (!object) return std::string("a dialogue must be a JSON object");
  dialogue out;
  const auto* id = object->if_contains("id");
  if (!id || !id->is_string() || id->get_string().empty() || id->get_string().size() > 200)
    return std::string("\"id\" must be a text of 1 to 200 bytes");
  out.id = std::string_view(id->get_string());
  if (const auto* services = object->if_contains("services")) {
    if (!services->is_array()) return std::string("\"services\" must be a list of texts");
    for (const auto& each : services->get_array()) {
      if (!each.is_string()) return std::string("\"services\" must be a list of texts");
      out.services.emplace_back(std::string_view(each.get_string()));
    }
  }
  const auto* turns = object->if_contains("turns");
  if (!turns || !turns->is_array()) return std::string("\"turns\" must be a list");
  std::size_t number = 0;
  for (const auto& each : turns->get_array()) {
    auto one = read_turn(each, ++number);
    if (auto* why = std::get_if<fault>(&one)) return std::move(*why);
    auto& good = std::get<turn>(one);
    if (out.turns.empty() && good.speaker == speaker::agent) continue;
    out.turns.push_back(std::move(good));
  }
  if (out.turns.empty()) return std::string("the contact says nothing");
  return out;
}

}  // namespace

std::variant<std::vector<dialogue>, script_fault> parse_script(std::string_view text, std::size_t limit) {
  std::vector<dialogue> all;
  std::unordered_set<std::string> ids;
  for (std::size_t number = 1; !text.empty() && (limit == 0 || all.size() < limit); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto one = read_dialogue(line);
    if (auto* why = std::get_if<fault>(&one)) return script_fault{number, std::move(*why)};
    auto& good = std::get<dialogue>(one);
    if (!ids.insert(good.id).second) return script_fault{number, fmt::format("the id \"{}\" is there already", good.id)};
    all.push_back(std::move(good));
  }
  if (all.empty()) return script_fault{1, "there is no dialogue in it"};
  return all;
}

}  // namespace signalbox
