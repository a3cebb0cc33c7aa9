/// The one table of all settings: how each is called, read and shown.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/configuration.hpp"

namespace signalbox {

struct setting {
  std::string_view section;
  std::string_view key;
  std::string_view allowed;                                     ///< ends the sentence "… allowed: "
  bool (*read)(configuration& into, std::string_view text);     ///< false: the text isn't allowed, nothing changed
  std::optional<std::string> (*show)(const configuration& of);  ///< as TOML; nothing: not set
  bool secret = false;                                          ///< its value is repeated nowhere
};

[[nodiscard]] std::span<const setting> settings();

/// `routing.presence_grace`
[[nodiscard]] std::string name_of(const setting& of);

/// `SIGNALBOX_ROUTING_PRESENCE_GRACE`
[[nodiscard]] std::string variable_of(const setting& of);

/// Keys of [server] have a second, short one, `SIGNALBOX_LISTEN`; empty for the others.
[[nodiscard]] std::string short_variable_of(const setting& of);

}  // namespace signalbox
