#include "app/end_signals.hpp"

#include <pthread.h>

#include <csignal>

namespace signalbox {

namespace {

sigset_t end_signals() {
  sigset_t all;
  sigemptyset(&all);
  sigaddset(&all, SIGTERM);
  sigaddset(&all, SIGINT);
  return all;
}

}  // namespace

void hold_end_signals() {
  const auto all = end_signals();
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void release_end_signals() {
  const auto all = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
}

int await_end_signal(std::chrono::seconds at_most) {
  const auto all = end_signals();
  const timespec wait{at_most.count(), 0};
  const int signal = sigtimedwait(&all, nullptr, &wait);
  return signal > 0 ? signal : 0;  // a process that was stopped and goes on has waited less
}

}  // namespace signalbox
