/// S5, S30: the usernames and from names that an account's inboxes have, kept so that another inbox gets its own without looking at
/// them all: an account may have 100,000.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "rules/account.hpp"

namespace signalbox {

/// For one thread. Says what the inboxes say that were added and not removed since; whoever keeps one tells it of every change, and
/// makes a new one when the account's subdomain changes.
class inbox_names {
public:
  /// Of all of `config`'s inboxes but one.
  explicit inbox_names(const account_config& config, inbox_id but = {});

  void add(const account_config& config, const inbox& one);
  void remove(const account_config& config, const inbox& one);

  /// Gives `fresh` its username and its from name: the first of the plain value and those with -1, -2, … that nobody has. Doesn't
  /// add it.
  void give(const account_config& config, inbox& fresh);

private:
  using counts = std::unordered_map<std::string, std::size_t>;
  template <class Each>
  void each_name(const account_config& config, const inbox& one, Each&& each);
  /// The first number whose name nobody has. `named` says what a number makes of the stem.
  template <class Named>
  [[nodiscard]] std::size_t first_free(const counts& taken, const std::string& stem, Named&& named);

  counts usernames_, from_names_;
  /// By stem: each lower number's name is taken. Forgotten when a name becomes free.
  std::unordered_map<std::string, std::size_t> taken_below_;
};

}  // namespace signalbox
