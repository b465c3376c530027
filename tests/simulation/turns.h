#pragma once

#include "base/test/manual_clock.h"
#include "crm/connector.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace koppla::simulation {

/// Lets the two sides of a pump take turns, so that a seed always runs the same way: what a lane sent is
/// consumed and kept before the lane goes on. Made on the consumer's thread.
class Turns {
  public:
    /// A pump is about to start. What the one before it kept at its end is none of this one's.
    void begin() {
        has_kept_ = false;
        const std::scoped_lock lock{mutex_};
        sent_ = settled_ = 0;
    }
    /// The lane has one more message for the consumer.
    void sent() {
        const std::scoped_lock lock{mutex_};
        ++sent_;
    }
    /// The lane waits until the consumer has settled everything. False: it never did.
    bool wait(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, stop, std::chrono::seconds{60}, [&] { return settled_ == sent_; }) ||
               stop.stop_requested();
    }
    /// The consumer has kept how far it is …
    void kept() { has_kept_ = true; }
    /// … and looked at the clock for when that was.
    void looked() {
        if (std::this_thread::get_id() != consumer_ || !std::exchange(has_kept_, false)) return;
        const std::scoped_lock lock{mutex_};
        ++settled_;
        changed_.notify_all();
    }

  private:
    const std::thread::id consumer_ = std::this_thread::get_id();
    bool has_kept_ = false;  ///< of the consumer's thread alone
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::int64_t sent_ = 0;
    std::int64_t settled_ = 0;
};

/// A manual clock whose waits last whole minutes: pauses that are drawn at random don't make two runs differ.
class SimulatedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return time_.now(); }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
        const auto point = time_.steady();
        if (turns != nullptr) turns->looked();
        return point;
    }
    Result<void> wait(std::chrono::milliseconds span, const Call& call) const override {
        return time_.wait(std::chrono::ceil<std::chrono::minutes>(span), call);
    }
    void advance(std::chrono::milliseconds span) { time_.advance(span); }

    Turns* turns = nullptr;

  private:
    ManualClock time_;
};

/// A connector whose reads take turns with the consumer of their rows.
class TurnTaking final : public CrmConnector {
  public:
    TurnTaking(CrmConnector& connector, Turns& turns, SimulatedClock& clock)
        : connector_{connector}, turns_{turns}, clock_{clock} {}

    [[nodiscard]] const Abilities& abilities() const override { return connector_.abilities(); }
    [[nodiscard]] Usage usage() const override { return connector_.usage(); }
    Result<Identity> check(const Call& call) override { return connector_.check(call); }
    Result<Instant> now(const Call& call) override { return connector_.now(call); }
    Result<std::vector<ObjectSummary>> objects(const Call& call) override { return connector_.objects(call); }
    Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest> requests,
                                                    const Call& call) override {
        return connector_.describe(requests, call);
    }
    [[nodiscard]] Result<std::string> condition(const model::Filter& filter,
                                                const model::ObjectSchema& object,
                                                Instant now) const override {
        return connector_.condition(filter, object, now);
    }
    Result<std::vector<Sight>> look_for(std::span<const Member> members, const Call& call) override {
        return connector_.look_for(members, call);
    }
    Result<ReadPlan> plan(const ReadRequest& request, const Call& call) override {
        return connector_.plan(request, call);
    }
    Result<PartEnd> read(const ReadRequest& request, const Part& part, BatchSink& sink,
                         const Call& call) override;

  private:
    class Sink;
    CrmConnector& connector_;
    Turns& turns_;
    SimulatedClock& clock_;
};

}  // namespace koppla::simulation
