/// How often a password may be wrong, for one e-mail address and for one client, whoever they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/allowance.hpp"

namespace signalbox {

/// Budgets by names that anybody can make up, in a number of places that is fixed from the start. Where all of a name's few places
/// are taken, the budget that misses least makes room: who is near the limit is forgotten last.
class allowance_table {
public:
  /// `chance` is secret, so that nobody can make up names that share another one's places. @pre `by` limits; `places` is a
  /// multiple of 8, and not 0 if anything is taken
  allowance_table(const allowance_rule& by, std::size_t places, std::uint64_t chance);

  [[nodiscard]] allowance_granted take(std::string_view name, time_point now);
  /// One that was taken and not used after all.
  void give_back(std::string_view name);

private:
  struct place {
    std::uint64_t name = 0;  ///< its hash; 0: free
    allowance budget;
  };
  static constexpr std::size_t places_of_a_name = 8;

  [[nodiscard]] std::uint64_t hash(std::string_view name) const;
  [[nodiscard]] place* first_place(std::uint64_t name);

  allowance_rule rule_;
  std::uint64_t chance_;
  std::vector<place> places_;
};

struct login_rule {
  std::uint32_t failures_per_email = 0;    ///< within a minute; 0: as many as they like
  std::uint32_t failures_per_address = 0;  ///< the same
};

/// An attempt takes from both budgets before the password is looked at, so that many at once can't slip through, and gives back
/// what it took when the password was right. Not thread-safe.
class login_attempts {
public:
  login_attempts(const login_rule& by, std::uint64_t chance);

  /// Not granted: the password isn't to be looked at, right or wrong, and `next` says for how long; nothing was taken then.
  /// `email` in any case, `peer` is an address with its port.
  [[nodiscard]] allowance_granted begin(std::string_view email, std::string_view peer, time_point now);
  /// It didn't fail. @pre `begin` granted it
  void give_back(std::string_view email, std::string_view peer);

private:
  login_rule rule_;
  allowance_table emails_, addresses_;
};

}  // namespace signalbox
