/// Section 6 of the rules: a ticket as a value, and who owns it.
#pragma once

#include "rules/pipeline.hpp"

namespace signalbox {

struct conversation;

/// Of one conversation, which has at most one. It stays when the conversation or its inbox is deleted (A62).
struct ticket {
  ticket_id id;
  inbox_id inbox;  ///< the conversation's
  conversation_id conversation;
  contact_id contact;
  std::string subject;  ///< empty: none
  pipeline_id pipeline;
  stage_id stage;
  std::optional<user_id> owner;
  bool follows = false;  ///< its owner is the conversation's (S65), until somebody sets another
  time_point created_at{}, updated_at{};
  version_number version = 1;
  bool operator==(const ticket&) const = default;
};

/// What a body says of a ticket; absent: the default of one that is made, as it is in one that is changed.
struct ticket_fields {
  std::optional<std::string> subject{};
  std::optional<pipeline_id> pipeline{};
  std::optional<stage_id> stage{};
  std::optional<ticket_status> status{};  ///< to the pipeline's first stage of that status; not beside `stage`
  std::optional<ticket_owner_choice> owner{};
};

/// Nothing wrong: go ahead. `of` is the conversation's ticket, null for one that is to be made; `in` is where the conversation is. A
/// stage without a pipeline is one of the pipeline that the ticket is in, or says in which one it is made. An owner who is named
/// must be able to view the ticket.
[[nodiscard]] std::optional<refusal> refuse_ticket_fields(const account_config& config, const inbox& in,
                                                          const ticket_fields& fields, const ticket* of);

/// S65–S67. `contact_owner` is asked for only with `ticket_owner::contact_owner`. An owner who is gone or deactivated is none.
[[nodiscard]] std::optional<user_id> ticket_owner_of(const account_config& config, const ticket_owner_choice& choice,
                                                     const conversation& of, std::optional<user_id> contact_owner);

/// The ticket of a new conversation on a channel whose rule is on (S63, S64), or one that a user makes (S3): what `fields` don't
/// say comes from the channel's rule. @pre refuse_ticket_fields had nothing against them
[[nodiscard]] ticket open_ticket_for(const account_config& config, const conversation& of, const ticket_fields& fields,
                                     const ticket_owner_choice& owner, std::optional<user_id> contact_owner, ticket_id id,
                                     time_point now);
/// The same change twice is one: a ticket that doesn't change keeps its version. @pre as above
[[nodiscard]] ticket changed_ticket(const account_config& config, const ticket& before, const ticket_fields& fields,
                                    const conversation& of, std::optional<user_id> contact_owner, time_point now);
/// After the conversation's assignee changed. True: so did the ticket.
bool follow_assignee(ticket& of, const conversation& now_assigned, time_point now);

inline constexpr std::size_t ticket_subject_bytes_max = 1'000;

}  // namespace signalbox
