/// What a mail that leaves an inbox looks like, and whose a mail that comes in is: section 3 of the rules, decided from the snapshot of
/// that moment, so that a change shows in mail sent from then on (S69).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/account.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

/// S28, S29: what the recipient sees as the sender.
[[nodiscard]] std::string shown_from_name(const fallback_email& by, const user& sender);

/// Where a mail is written: a signature goes with mail from the inbox only (S40).
enum class written_in { inbox, elsewhere };

/// S39, S40, S42: the signature that is appended, with the sender's own names for its tokens; nothing: none is. `html` is sanitised.
[[nodiscard]] std::optional<std::string> signature_for(const fallback_email& by, const user& sender, written_in where);
/// `{{full_name}}`, `{{first_name}}` and `{{last_name}}` become the user's own, as text; others stay as they are.
[[nodiscard]] std::string with_names(std::string_view html, const user& sender);

struct mail_sender {
  std::string address;
  std::optional<channel_id> team_email;  ///< absent: the fallback address
};

/// S22–S26: which address sends for `from`. `over` is the channel of the conversation; null for what has none. A team e-mail is a
/// channel of type email with an address, on and authorised; the conversation's own goes before the others.
[[nodiscard]] outcome<mail_sender> sending_address_of(const account_config& config, const inbox& from, const channel* over);

/// What a forwarded mail's headers and quoted head say.
struct forwarded_mail {
  std::string_view forwarder;                 ///< From: of the mail itself
  std::optional<std::string_view> written{};  ///< who wrote it first; absent: none found
};
/// S45–S47: whose address decides the contact, folded.
[[nodiscard]] std::string contact_address_of(const fallback_email& by, const forwarded_mail& mail);

}  // namespace signalbox
