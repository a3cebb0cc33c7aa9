#include "rules/login_attempts.hpp"

#include <algorithm>
#include <string>

#include "rules/ip_address.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

constexpr std::size_t places_of_each = 16'384;  ///< 256 KiB; far more than a server can check passwords of in a minute

allowance_rule a_minute(std::uint32_t failures) {
  const auto most = std::max(failures, 1u);
  return {most, most, std::chrono::minutes{1}};
}

std::string name_of_email(std::string_view email) { return fold_case(trimmed(email)); }

/// What is no address, as of a Unix socket, is a client by its text.
std::string name_of_client(std::string_view peer) {
  auto text = peer.substr(0, peer.rfind(':'));
  text = text.substr(0, text.find('%'));  // the zone of a link-local one
  const auto address = parse_ip_address(text);
  if (!address) return std::string{text};
  const auto client = client_network(*address);
  const auto bytes = client.bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

allowance_table::allowance_table(const allowance_rule& by, std::size_t places, std::uint64_t chance)
    : rule_(by), chance_(chance), places_(places) {}

std::uint64_t allowance_table::hash(std::string_view name) const {
  auto x = chance_;
  for (const char c : name) x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;  // FNV-1a, from a secret start
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;                                           // and splitmix64's end
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  x ^= x >> 31;
  return x == 0 ? 1 : x;
}

allowance_table::place* allowance_table::first_place(std::uint64_t name) {
  return &places_[name % (places_.size() / places_of_a_name) * places_of_a_name];
}

allowance_granted allowance_table::take(std::string_view name, time_point now) {
  const auto wanted = hash(name);
  auto* const first = first_place(wanted);
  auto* const end = first + places_of_a_name;
  auto* found = std::find_if(first, end, [&](const place& each) { return each.name == wanted; });
  if (found == end) {
    found = std::min_element(first, end, [](const place& a, const place& b) { return a.budget.full_at() < b.budget.full_at(); });
    *found = {wanted, {}};
  }
  return found->budget.take(rule_, now);
}

void allowance_table::give_back(std::string_view name) {
  const auto wanted = hash(name);
  auto* const first = first_place(wanted);
  for (auto* each = first; each != first + places_of_a_name; ++each)
    if (each->name == wanted) each->budget.give_back(rule_);
}

login_attempts::login_attempts(const login_rule& by, std::uint64_t chance)
    : rule_(by),
      emails_(a_minute(by.failures_per_email), by.failures_per_email > 0 ? places_of_each : 0, chance),
      addresses_(a_minute(by.failures_per_address), by.failures_per_address > 0 ? places_of_each : 0, chance) {}

allowance_granted login_attempts::begin(std::string_view email, std::string_view peer, time_point now) {
  allowance_granted granted;
  granted.granted = true;
  if (rule_.failures_per_address > 0) granted = addresses_.take(name_of_client(peer), now);
  if (!granted.granted || rule_.failures_per_email == 0) return granted;
  granted = emails_.take(name_of_email(email), now);
  if (!granted.granted && rule_.failures_per_address > 0) addresses_.give_back(name_of_client(peer));
  return granted;
}

void login_attempts::give_back(std::string_view email, std::string_view peer) {
  if (rule_.failures_per_email > 0) emails_.give_back(name_of_email(email));
  if (rule_.failures_per_address > 0) addresses_.give_back(name_of_client(peer));
}

}  // namespace signalbox
