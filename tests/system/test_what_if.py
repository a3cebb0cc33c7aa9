"""Decisions explained to one user, and what another assignment rule would have done."""

import time
from datetime import datetime, timedelta, timezone

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main


def text(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class WhatIf(SystemTest):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_PRESENCE_GRACE": "0", "SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "0"}

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http
        self.began = datetime.now(timezone.utc) - timedelta(seconds=1)
        self.ann, self.bob = self.company.agents(2, available=False)
        self.channel = self.company.channel(users=[self.ann, self.bob])

    def open(self, thread):
        answer = self.http.post(f"/v1/channels/{self.channel}/messages", {"messages": [message(self.channel, thread, 0)]}, None, 200)
        return answer["results"][0]["conversation"]

    def ask(self, http=None, began=None, ended=None, channel=None, **rule):
        body = {"from": text(began or self.began), "to": text(ended or datetime.now(timezone.utc)),
                "assignment": {"enabled": True, "users": [self.ann.id, self.bob.id]} | rule}
        return (http or self.http).post(f"/v1/channels/{channel or self.channel}/assignment/what-if", body, None, 200)

    def test_S57_S58_a_changed_rule_is_tried_on_what_came_and_touches_nothing(self):
        waiting = self.open("early")
        time.sleep(0.3)
        self.ann.be("available")
        while not self.company.conversation(waiting)["assignee"]:
            time.sleep(0.02)
        rule = self.http.get(f"/v1/channels/{self.channel}/assignment", None)
        time.sleep(0.05)
        found = self.ask(only_available=False)
        self.assertEqual((found["actual"]["assigned"], found["what_if"]["assigned"]), (1, 1))
        self.assertGreaterEqual(found["actual"]["wait_ms"]["max"], 300)
        self.assertEqual(found["what_if"]["wait_ms"]["max"], 0)
        one, = found["conversations"]
        self.assertEqual(one["conversation"], waiting)
        self.assertEqual(one["actual"]["user"], self.ann.id)
        self.assertEqual({u["user"] for u in found["what_if"]["users"]}, {self.ann.id, self.bob.id})
        only_bob = self.ask(users=[self.bob.id])
        self.assertEqual((only_bob["what_if"]["assigned"], only_bob["what_if"]["unassigned"]), (0, 1))
        self.server.restart_after_kill()
        again = self.ask()
        self.assertEqual(again["what_if"]["users"], again["actual"]["users"])
        self.assertEqual(self.http.get(f"/v1/channels/{self.channel}/assignment", None), rule)
        self.assertEqual(self.company.conversation(waiting)["assignee"], {"user": self.ann.id})

    def test_S60_refused_as_saving_the_rule_would_be(self):
        cyd = self.company.user("Cyd", seat="free")
        self.assertProblem("seat_required", self.ask, users=[cyd.id])
        self.assertProblem("access_denied", self.ask, self.ann.http)
        problem = self.assertProblem("invalid", self.ask, users=[Company(self.server).admin.id])
        self.assertEqual(problem.body["errors"][0]["pointer"], "/assignment/users/0")
        self.assertProblem("not_found", self.ask, Company(self.server).http)
        now = datetime.now(timezone.utc)
        for began, ended in ((now, self.began), (self.began, now + timedelta(hours=1)),
                             (now - timedelta(days=40), now), (now - timedelta(days=95), now - timedelta(days=80))):
            with self.subTest(began=began, ended=ended):
                self.assertProblem("invalid", self.ask, began=began, ended=ended)

    def test_why_not_me(self):
        self.ann.be("available")
        conversation = self.open("t")
        path = f"/v1/conversations/{conversation}/decisions"
        self.assertEqual(self.http.get(f"{path}?user={self.ann.id}", None)["items"][0]["about"]["outcome"], "chosen")
        about = self.bob.http.get(f"{path}?user={self.bob.id}", None)["items"][0]["about"]
        self.assertEqual((about["outcome"], about["why"], about["open"]), ("excluded", "away", 0))
        self.assertTrue(about["rule"])
        stranger = Company(self.server).admin.id
        self.assertProblem("not_found", self.http.get, f"{path}?user={stranger}", None)


if __name__ == "__main__":
    main()
