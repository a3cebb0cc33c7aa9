/// Whether a webhook's URL can ever be delivered to, as far as its text says. Names are looked up, and addresses checked, as each
/// connection is opened.
#pragma once

#include <string_view>

namespace signalbox {

/// Its host is written as an address, in whatever form, and one that isn't public (see `is_public_address`). False for names, and
/// for what is no URL.
[[nodiscard]] bool names_private_address(std::string_view url);

}  // namespace signalbox
