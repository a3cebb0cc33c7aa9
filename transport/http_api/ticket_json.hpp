/// Tickets, pipelines and ticket rules as JSON, and the owner as bodies say it.
#pragma once

#include <string>

#include "rules/ticket.hpp"
#include "transport/http_api/body_reader.hpp"

namespace signalbox {

void append_pipeline(std::string& out, const pipeline& of);
/// `pipeline` and `stage`: what the rule names, or what is in force where it names none.
void append_ticket_rule(std::string& out, const ticket_rule& rule, std::optional<pipeline_id> pipeline,
                        std::optional<stage_id> stage);

/// `"owner"`: a user's id, `conversation_owner`, `contact_owner`, or `none`, which null says too. Nothing when it is absent.
[[nodiscard]] std::optional<ticket_owner_choice> read_ticket_owner(const object_reader& from);

}  // namespace signalbox
