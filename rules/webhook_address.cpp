#include "rules/webhook_address.hpp"

#include "rules/address_class.hpp"
#include "rules/ip_address.hpp"

namespace signalbox {

bool names_private_address(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return false;
  auto host = url.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    host = host.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos) return false;
  } else {
    host = host.substr(0, host.find(':'));
  }
  const auto address = parse_ip_address(host);
  return address && !is_public_address(address->bytes());
}

}  // namespace signalbox
