/// What the routes do. Every function answers its call once, at once or when `edge` has replied. The route table checks who
/// may ask at all: where it says users, `call::who` is set.
#pragma once

#include "transport/http_api/call.hpp"

namespace signalbox::resources {

// accounts.cpp
void found_account(const call_pointer& of);
void list_accounts(const call_pointer& of);
void read_account(const call_pointer& of);
void change_account(const call_pointer& of);

// users.cpp
void list_users(const call_pointer& of);
void create_user(const call_pointer& of);
void read_user(const call_pointer& of);
void change_user(const call_pointer& of);
void delete_user(const call_pointer& of);
void read_availability(const call_pointer& of);
void set_availability(const call_pointer& of);

// teams.cpp
void list_teams(const call_pointer& of);
void create_team(const call_pointer& of);
void read_team(const call_pointer& of);
void change_team(const call_pointer& of);
void delete_team(const call_pointer& of);

// tokens.cpp
void list_tokens(const call_pointer& of);
void create_token(const call_pointer& of);
void delete_token(const call_pointer& of);
void open_session(const call_pointer& of);
void close_session(const call_pointer& of);

// inboxes.cpp
void list_inboxes(const call_pointer& of);
void create_inbox(const call_pointer& of);
void read_inbox(const call_pointer& of);
void change_inbox(const call_pointer& of);
void delete_inbox(const call_pointer& of);
void read_access(const call_pointer& of);
void set_access(const call_pointer& of);

// fallback_email.cpp
void read_fallback_email(const call_pointer& of);
void set_fallback_email(const call_pointer& of);
void verify_address(const call_pointer& of);
void preview_fallback_email(const call_pointer& of);
void list_outgoing_mails(const call_pointer& of);

// filters.cpp
void read_filters(const call_pointer& of);
void set_filters(const call_pointer& of);

// channels.cpp
void list_channels(const call_pointer& of);
void connect_channel(const call_pointer& of);
void read_channel(const call_pointer& of);
void change_channel(const call_pointer& of);
void delete_channel(const call_pointer& of);
void read_assignment(const call_pointer& of);
void set_assignment(const call_pointer& of);
void read_ticket_rule(const call_pointer& of);
void set_ticket_rule(const call_pointer& of);

// pipelines.cpp
void list_pipelines(const call_pointer& of);
void create_pipeline(const call_pointer& of);
void read_pipeline(const call_pointer& of);
void change_pipeline(const call_pointer& of);
void delete_pipeline(const call_pointer& of);

// tickets.cpp
void list_tickets(const call_pointer& of);
void open_ticket(const call_pointer& of);
void read_ticket(const call_pointer& of);
void change_ticket(const call_pointer& of);

// audit.cpp
void list_audit(const call_pointer& of);

// inbound.cpp
void publish_messages(const call_pointer& of);

// conversations.cpp
void list_conversations(const call_pointer& of);
void read_conversation(const call_pointer& of);
void read_history(const call_pointer& of);
void read_decisions(const call_pointer& of);

// contacts.cpp
void list_contacts(const call_pointer& of);
void create_contact(const call_pointer& of);
void read_contact(const call_pointer& of);
void change_contact(const call_pointer& of);
void delete_contact(const call_pointer& of);
void merge_contact(const call_pointer& of);
void list_notices(const call_pointer& of);

// conversation_commands.cpp
void change_conversation(const call_pointer& of);
void delete_conversation(const call_pointer& of);
void restore_conversation(const call_pointer& of);
void accept_conversation(const call_pointer& of);
void decline_conversation(const call_pointer& of);
void read_waiting(const call_pointer& of);
void reply_to_contact(const call_pointer& of);
void add_comment(const call_pointer& of);
void assign_conversation(const call_pointer& of);
void unassign_conversation(const call_pointer& of);
void move_conversation(const call_pointer& of);

// webhooks.cpp
void list_webhooks(const call_pointer& of);
void create_webhook(const call_pointer& of);
void read_webhook(const call_pointer& of);
void change_webhook(const call_pointer& of);
void delete_webhook(const call_pointer& of);
void rotate_webhook_secret(const call_pointer& of);
void list_webhook_deliveries(const call_pointer& of);
void redeliver(const call_pointer& of);

// account_events.cpp
void list_account_events(const call_pointer& of);

// operating.cpp
void make_backup(const call_pointer& of);
void show_metrics(const call_pointer& of);
void show_health(const call_pointer& of);
void show_readiness(const call_pointer& of);
void show_openapi(const call_pointer& of);
void show_docs(const call_pointer& of);

}  // namespace signalbox::resources
