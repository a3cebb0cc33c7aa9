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

int await_end_signal() {
  const auto all = end_signals();
  int signal = 0;
  sigwait(&all, &signal);
  return signal;
}

}  // namespace signalbox
