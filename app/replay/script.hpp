/// A file of dialogues: one JSON object a line, `{"id","services":[…],"turns":[["contact"|"agent","text"],…]}`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace signalbox {

enum class speaker { contact, agent };

struct turn {
  signalbox::speaker speaker{};
  std::string text;
};

struct dialogue {
  std::string id;
  std::vector<std::string> services;
  std::vector<turn> turns;  ///< begins with the contact
};

struct script_fault {
  std::size_t line = 0;  ///< from 1
  std::string sentence;
};

/// Stops at the first wrong line; empty lines are none. `limit` 0: all of them. Turns of an agent before the contact's first
/// are left out: there is nobody yet to say them to.
[[nodiscard]] std::variant<std::vector<dialogue>, script_fault> parse_script(std::string_view text, std::size_t limit = 0);

}  // namespace signalbox
