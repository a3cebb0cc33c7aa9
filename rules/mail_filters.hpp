/// A49–A51: which e-mail is kept apart from an inbox. Filtered is not lost: the conversation is in the view `spam`, and nobody is
/// assigned to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox {

/// Entries are e-mail addresses or domains in the form of fold_case, each list sorted and without repetition.
struct mail_filters {
  std::vector<std::string> allow;   // A49
  std::vector<std::string> deny;    // A50
  bool automated_responses = true;  ///< filter them (A51)
  bool own_addresses = true;        ///< filter what comes from an address of this account: a loop (A51)
  std::uint64_t version = 1;
  bool operator==(const mail_filters&) const = default;
};

/// What an e-mail's headers say, as far as it is known; empty: it has no such header, or nobody looked.
struct mail_facts {
  std::string_view from;                          ///< the address alone
  std::string_view auto_submitted;                ///< RFC 3834
  std::string_view precedence;                    ///< of old: bulk, junk, auto_reply
  bool has_autoreply_header = false;              ///< X-Autoreply, X-Autorespond
  std::optional<std::string_view> return_path{};  ///< empty between its brackets: a bounce
};

enum class mail_verdict { deliver, denied, automated_response, own_address };
[[nodiscard]] std::string_view to_text(mail_verdict of);

/// `own` is sorted. An own address comes first, since a loop must end whatever a list says; then the list that names the sender
/// most exactly: an address before a domain, a subdomain before the domain above it, `allow` before `deny` (d). Whoever is allowed
/// may answer automatically too.
[[nodiscard]] mail_verdict judge_mail(const mail_filters& by, const mail_facts& facts, std::span<const std::string> own);

/// Whether a text may stand in a list: an e-mail address or a domain.
[[nodiscard]] bool is_filter_entry(std::string_view text);

inline constexpr std::size_t filter_entries_max = 1'000;

}  // namespace signalbox
