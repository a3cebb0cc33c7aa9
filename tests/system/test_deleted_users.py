"""What becomes of the conversations, lists and rules of users and teams that are deleted."""

import time

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

PATIENCE = 60  # also for what is found again after a start, half a minute later


class DeletedUsers(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(environment={"SIGNALBOX_ROUTING_PRESENCE_GRACE": "0", "SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "0"})
        self.company = Company(self.server)
        self.http = self.company.http

    def opened(self, channel, count, to):
        batch = [message(channel, f"{to}-{n}", n) for n in range(count)]
        results = self.http.post(f"/v1/channels/{channel}/messages", {"messages": batch}, None, 200)["results"]
        made = [each["conversation"] for each in results]
        for each in made:
            self.http.put(f"/v1/conversations/{each}/assignee", to if isinstance(to, dict) else {"user": to}, shapes.conversation)
        return made

    def soon(self, what, holds):
        until = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def assignees(self, conversations):
        known = {each["id"]: each["assignee"] for each in self.company.conversations()}
        return [known[each] for each in conversations]

    def test_their_conversations_go_to_somebody_else_and_say_why(self):
        gone, stays = self.company.user("Gone"), self.company.user("Stays")
        stays.be("available")
        channel = self.company.channel(users=[gone, stays])
        theirs = self.opened(channel, 5, gone.id)
        self.http.delete(f"/v1/users/{gone.id}")
        self.soon("all are the other's", lambda: self.assignees(theirs) == [{"user": stays.id}] * 5)
        last = [e for e in self.company.history(theirs[0]) if e["type"] == "assignment"][-1]
        self.assertEqual((last["from"], last["to"], last["by"], last["reason"]),
                         ({"user": gone.id}, {"user": stays.id}, "rule", "deleted"))
        rule = self.http.get(f"/v1/channels/{channel}/assignment")
        self.assertEqual((rule["users"], rule["skipped"], rule["version"]), ([stays.id], [], 3))
        self.assertEqual(self.http.get(f"/v1/audit?resource={channel}")["items"][0]["after"]["assignment"]["users"], [stays.id])

    def test_what_a_kill_leaves_undone_is_done_after_the_next_start(self):
        gone = self.company.user("Gone")
        team = self.company.team("Crew", gone)
        channel = self.company.channel()
        theirs = self.opened(channel, 300, gone.id) + self.opened(channel, 300, {"team": team})
        self.http.delete(f"/v1/teams/{team}")
        self.http.delete(f"/v1/users/{gone.id}")
        self.server.restart_after_kill()
        self.soon("all are nobody's", lambda: self.assignees(theirs) == [None] * len(theirs))
        self.server.stop()
        self.server.verify()


if __name__ == "__main__":
    main()
