"""The shapes of everything the server says, as docs/asyncapi.yaml and docs/openapi.yaml promise them.

A shape is a function that raises `WrongShape` with the path of what is wrong. A record is strict: a member that it doesn't
name is wrong too, unless it was made with `more=True`. A member's name that ends in `?` may be absent.
"""

import json
import re

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class WrongShape(AssertionError):
    pass


def refuse_repeated(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise WrongShape(f"a member stands twice among {names}")
    return dict(pairs)


def parse(text):
    """Strict JSON: no member twice, no NaN."""

    def no_constant(word):
        raise WrongShape(f"{word} is not JSON")

    return json.loads(text, object_pairs_hook=refuse_repeated, parse_constant=no_constant)


def fits(kind, name):
    def check(value, path):
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise WrongShape(f"{path}: {value!r} is not {name}")

    return check


text = fits(str, "a string")
whole = fits(int, "a whole number")
flag = fits(bool, "true or false")
some = fits(dict, "an object")


def filled(value, path):
    text(value, path)
    if not value:
        raise WrongShape(f"{path}: is empty")


def moment(value, path):
    text(value, path)
    if not MOMENT.fullmatch(value):
        raise WrongShape(f"{path}: {value!r} is not a time in UTC with milliseconds")


def ident(prefix):
    def check(value, path):
        text(value, path)
        if not value.startswith(prefix + "_") or len(value) <= len(prefix) + 1:
            raise WrongShape(f"{path}: {value!r} is no {prefix}_ id")

    return check


def word(*words):
    def check(value, path):
        if value not in words:
            raise WrongShape(f"{path}: {value!r} is none of {words}")

    return check


def items(shape):
    def check(value, path):
        if not isinstance(value, list):
            raise WrongShape(f"{path}: {value!r} is not a list")
        for at, item in enumerate(value):
            shape(item, f"{path}/{at}")

    return check


def maybe(shape):
    """The shape, or null."""

    def check(value, path):
        if value is not None:
            shape(value, path)

    return check


def either(*shapes):
    def check(value, path):
        wrong = []
        for shape in shapes:
            try:
                return shape(value, path)
            except WrongShape as why:
                wrong.append(str(why))
        raise WrongShape(f"{path}: fits none: {'; '.join(wrong)}")

    return check


def record(members, more=False):
    wanted = {name.rstrip("?"): (shape, name.endswith("?")) for name, shape in members.items()}

    def check(value, path):
        some(value, path)
        for name, (shape, optional) in wanted.items():
            if name in value:
                shape(value[name], f"{path}/{name}")
            elif not optional:
                raise WrongShape(f"{path}: has no {name}: {value!r}")
        if not more and (unknown := set(value) - set(wanted)):
            raise WrongShape(f"{path}: unknown {sorted(unknown)} in {value!r}")

    return check


# ---- resources

day_span = record({"day": word("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "from": filled, "to": filled})
user = record({"id": ident("usr"), "first_name": text, "last_name": text, "email": filled, "seat": word("free", "paid"),
               "permissions": items(word("super_admin", "account_access", "availability_management")),
               "teams": items(record({"team": ident("tem"), "main": flag})), "time_zone": filled,
               "working_hours": items(day_span),
               "out_of_office": items(record({"from": moment, "to": moment, "note": maybe(text)})), "version": whole}, more=True)
team = record({"id": ident("tem"), "name": filled, "version": whole}, more=True)
inbox = record({"id": ident("inb"), "name": filled, "version": whole}, more=True)
access = record({"mode": word("everyone", "specific"), "users": items(ident("usr")), "teams": items(ident("tem"))}, more=True)
channel = record({"id": ident("chn"), "inbox": ident("inb"), "type": filled, "name": filled, "on": flag, "authorized": flag,
                  "business_hours": maybe(record({"time_zone": filled, "hours": items(day_span), "holidays": items(filled)})),
                  "version": whole}, more=True)
people = record({"users": items(ident("usr")), "teams": items(ident("tem"))}, more=True)
assignment_rule = record({"enabled": flag, "assign_to": word("specific", "contact_owner"), "users": items(ident("usr")),
                          "teams": items(ident("tem")), "only_available": flag,
                          "strategy": word("balanced", "round_robin", "random"), "queue": flag, "fallback": people}, more=True)
availability = record({"status": word("available", "away"),
                       "reason": word("manual", "hours", "out_of_office", "disconnected", "no_ack"), "until": maybe(moment)},
                      more=True)
assignee = maybe(either(record({"user": ident("usr")}), record({"team": ident("tem")})))
conversation = record({"id": ident("cnv"), "inbox": ident("inb"), "channel": ident("chn"), "contact": ident("ctc"),
                       "thread": filled, "subject": maybe(text), "status": word("open", "closed"), "assignee": assignee,
                       "assigned_at": maybe(moment), "created_at": moment, "closed_at": maybe(moment),
                       "deleted_at": maybe(moment),
                       "last_message_at": moment, "waiting_since": maybe(moment), "ticket": maybe(ident("tkt")), "spam": flag,
                       "version": whole}, more=True)
sender = record({"id?": text, "name?": text, "email?": text, "phone?": text, "cookie?": text, "user?": ident("usr")}, more=True)
MESSAGE_STATUS = word("received", "accepted", "sent", "delivered", "read", "failed")
message = record({"id": ident("msg"), "seq": whole, "at": moment, "type": word("message"), "direction": word("in", "out"),
                  "from": sender, "text": text, "html?": maybe(text), "attachments?": maybe(items(some)),
                  "status?": MESSAGE_STATUS}, more=True)
comment = record({"id": ident("msg"), "seq": whole, "at": moment, "type": word("comment"), "text": text}, more=True)
assignment = record({"id": filled, "seq": whole, "at": moment, "type": word("assignment"), "from": assignee, "to": assignee,
                     "by": either(word("rule"), ident("usr"), record({"user": ident("usr")})), "reason": filled}, more=True)
other_entry = record({"id": filled, "seq": whole, "at": moment, "type": word("status", "move")}, more=True)


def history_entry(value, path):
    some(value, path)
    {"message": message, "comment": comment, "assignment": assignment}.get(value.get("type"), other_entry)(value, path)


def page(shape):
    return record({"items": items(shape), "next": maybe(filled)})


problem = record({"type": text, "title": filled, "status": whole, "detail": text, "code": filled,
                  "errors?": items(record({"pointer": text, "detail": filled}))}, more=True)

# ---- connector socket

connector_welcome = record({"op": word("welcome"), "credit": whole, "max_batch": whole, "max_frame": whole, "channels": items(
    record({"id": ident("chn"), "name": filled, "type": filled, "on": flag, "offset": maybe(text)}))})
publish_result = record({"id": text, "status": word("duplicate", "dropped", "rejected"), "message?": ident("msg"), "code?": filled,
                         "pointer?": text, "detail?": filled})
connector_frames = {
    "ack": record({"op": text, "seq": whole, "credit": whole, "results": items(publish_result)}),
    "deliver": record({"op": text, "messages": items(record(
        {"id": ident("msg"), "channel": ident("chn"), "thread": filled, "to": sender, "text": text, "html?": text,
         "attachments?": items(some), "attempt": whole}))}),
    "channel": record({"op": text, "id": ident("chn"), "on": flag, "name": filled}),
    "drain": record({"op": text, "after_ms": whole}),
}

# ---- agent socket

agent_welcome = record({"op": word("welcome"), "user": user, "cursor": text, "resumed": flag, "reason?": word("cursor_too_old"),
                        "availability": availability, "open": items(conversation)})
EVENT_DATA = {
    "assignment.created": record({"conversation": conversation, "message": message, "reason": filled, "received_at": moment}),
    "assignment.withdrawn": record({"conversation": either(ident("cnv"), conversation), "reason": filled}, more=True),
    "message.created": record({"conversation": ident("cnv"), "message": either(message, comment), "received_at": moment}),
    "message.status": some,
    "conversation.updated": some,
    "conversation.waiting": some,
    "availability.changed": some,
    "typing": some,
}


def agent_event(value, path):
    record({"type": word(*EVENT_DATA), "at": moment, "data": some, "cursor?": filled, "prev?": maybe(text)})(value, path)
    if (value["type"] == "typing") == ("cursor" in value):
        raise WrongShape(f"{path}: {value['type']} {'with' if 'cursor' in value else 'without'} a cursor")
    EVENT_DATA[value["type"]](value["data"], f"{path}/data")


agent_frames = {
    "events": record({"op": text, "events": items(agent_event)}),
    "result": either(record({"op": text, "ref": text, "ok": word(True), "data": some}),
                     record({"op": text, "ref": text, "ok": word(False), "problem": problem})),
    "view": record({"op": text, "watch": text, "whole": flag, "rows": items(conversation), "gone": items(ident("cnv")),
                    "counts": record({name: whole for name in ("open", "closed", "unassigned", "waiting", "spam", "deleted")})}),
    "unwatched": record({"op": text, "watch": text, "problem": problem}),
}
