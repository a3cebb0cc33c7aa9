#include "app/exit_code.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace signalbox {

exit_code end_with(exit_code code, std::string_view sentence) {
  fmt::print(stderr, "signalbox: {}\n", sentence);
  return code;
}

}  // namespace signalbox
