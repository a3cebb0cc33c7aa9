/// `signalbox backup --url`: asks a running server for a copy of its store.
#pragma once

#include <string>

#include "app/exit_code.hpp"

namespace signalbox {

struct online_backup {
  std::string url;
  std::string admin_token;
  std::string to;  ///< absolute, on the server's machine
};

/// Says on standard output what was done, on standard error why not.
[[nodiscard]] exit_code back_up_online(const online_backup& wanted);

}  // namespace signalbox
