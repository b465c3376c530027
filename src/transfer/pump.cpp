#include "transfer/pump.h"

#include "base/channel.h"
#include "base/guarded.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

// Enough for both sides to have work while one waits for the disk or the network; more only costs memory.
constexpr std::size_t channel_bytes_max = std::size_t{4} << 20;
// A page that comes broken twice more is broken where it lies.
constexpr int corrupt_max = 2;

/// A part of this run, by a number that stays while its position moves.
struct NumberedPart {
    std::size_t number = 0;
    Part part;
};

/// What travels from a lane to the consumer: rows, or that a part has ended.
struct Message {
    NumberedPart reached;
    PumpedBatch rows;
    model::ConversionCounts conversion;
    bool is_end = false;
    std::vector<NumberedPart> next;
    std::string feed_mark;
};

/// The parts that wait for a lane.
class WorkList {
  public:
    explicit WorkList(std::span<const Part> parts) : unfinished_{parts.size()} {
        std::ranges::move(number(parts), std::back_inserter(waiting_));
    }

    /// Parts that nobody reads yet.
    std::vector<NumberedPart> number(std::span<const Part> parts) {
        const std::scoped_lock lock{mutex_};
        std::vector<NumberedPart> numbered;
        numbered.reserve(parts.size());
        for (const Part& part : parts) numbered.push_back({.number = next_number_++, .part = part});
        return numbered;
    }
    /// Nothing when all parts have been read, or `stop` was requested.
    std::optional<NumberedPart> take(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, stop, [&] { return !waiting_.empty() || unfinished_ == 0; });
        if (waiting_.empty() || stop.stop_requested()) return std::nullopt;
        NumberedPart part = std::move(waiting_.front());
        waiting_.pop_front();
        return part;
    }
    /// One that was taken is read; `next` are to be read in its place.
    void finish_one(std::vector<NumberedPart> next) {
        const std::scoped_lock lock{mutex_};
        unfinished_ += next.size();
        --unfinished_;
        std::ranges::move(next, std::back_inserter(waiting_));
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<NumberedPart> waiting_;
    std::size_t unfinished_ = 0;
    std::size_t next_number_ = 0;
};

/// What the lanes of a pump share.
struct Shared {
    Shared(const ReadRequest& of, const PumpState& state)
        : request{of}, work{state.parts}, read{state.counts.rows + state.counts.rejected} {
        expected.with([&](auto& value) { value = state.counts.expected; });
    }

    const ReadRequest& request;
    WorkList work;
    Channel<Message> channel{channel_bytes_max};
    Guarded<std::vector<model::Batch>> pool;
    std::atomic<std::int64_t> read;
    Guarded<std::optional<std::int64_t>> expected;
    Guarded<std::optional<Error>> failure;
    std::stop_source stop;
    std::atomic<int> lanes_running = 0;
};

class ConvertingSink final : public BatchSink {
  public:
    ConvertingSink(Shared& shared, const PumpOptions& options, TransferObserver& observer, NumberedPart from)
        : shared_{shared}, options_{options}, observer_{observer}, reached_{std::move(from)} {}

    model::Batch fresh() override {
        return shared_.pool.with([](std::vector<model::Batch>& batches) {
            if (batches.empty()) return model::Batch{};
            model::Batch batch = std::move(batches.back());
            batches.pop_back();
            return batch;
        });
    }

    Result<void> put(model::Batch batch, const Part& resume) override {
        const auto rows = static_cast<std::int64_t>(batch.row_count());
        Message message{.reached = {.number = reached_.number, .part = resume},
                        .rows = {.batch = std::move(batch), .rejected = {}}};
        message.rows.rejected =
            model::convert(message.rows.batch, options_.columns, options_.key_column, message.conversion);
        model::treat(message.rows.batch, message.rows.rejected, options_.treatments, options_.hash);
        const std::size_t weight = message.rows.batch.weight();
        if (!shared_.channel.put(std::move(message), weight, shared_.stop.get_token())) {
            return error(ErrorKind::cancelled, "reading was given up");
        }
        reached_.part = resume;
        has_moved = true;
        observer_.rows(shared_.read += rows, expected());
        return {};
    }

    void expect(std::int64_t rows) override {
        shared_.expected.with([&](auto& value) { value = rows; });
        observer_.rows(shared_.read, rows);
    }
    void note(std::string_view text) override { observer_.note(text); }

    [[nodiscard]] const NumberedPart& reached() const { return reached_; }
    bool has_moved = false;

  private:
    std::optional<std::int64_t> expected() {
        return shared_.expected.with([](const auto& value) { return value; });
    }

    Shared& shared_;
    const PumpOptions& options_;
    TransferObserver& observer_;
    NumberedPart reached_;
};

/// One thread that reads part after part.
class Lane {
  public:
    Lane(Shared& shared, CrmConnector& connector, const PumpOptions& options, TransferObserver& observer,
         const Clock& clock, std::chrono::steady_clock::time_point deadline)
        : shared_{shared},
          connector_{connector},
          options_{options},
          observer_{observer},
          clock_{clock},
          call_{.deadline = deadline, .stop = shared.stop.get_token()} {}

    void run() {
        while (auto part = shared_.work.take(call_.stop)) {
            if (const auto done = read(std::move(*part)); !done) {
                shared_.failure.with([&](auto& failure) {
                    if (!failure) failure = done.error();
                });
                shared_.stop.request_stop();
                break;
            }
        }
        if (--shared_.lanes_running == 0) shared_.channel.close();
    }

  private:
    Result<void> read(NumberedPart part) {
        for (int failures = 0; true;) {
            ConvertingSink sink{shared_, options_, observer_, part};
            Result<PartEnd> end = connector_.read(shared_.request, part.part, sink, call_);
            part = sink.reached();
            if (end) return finish(part, std::move(*end));
            failures = sink.has_moved ? 1 : failures + 1;
            const auto wait = wait_before_retry(end.error(), failures);
            if (!wait) return end.error();
            observer_.trouble(fmt::format("{}; going on in {:.1f} s", end.error().message,
                                          std::chrono::duration<double>(*wait).count()));
            TRY(clock_.wait(*wait, call_));
        }
    }

    Result<void> finish(const NumberedPart& part, PartEnd end) {
        // What comes next is read only when the consumer knows of it: its end may not come before.
        std::vector<NumberedPart> numbered = shared_.work.number(end.next);
        Message message{
            .reached = part, .is_end = true, .next = numbered, .feed_mark = std::move(end.feed_mark)};
        if (!shared_.channel.put(std::move(message), 0, call_.stop)) {
            return error(ErrorKind::cancelled, "reading was given up");
        }
        shared_.work.finish_one(std::move(numbered));
        return {};
    }

    /// Nothing where the failure doesn't pass by itself.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_before_retry(const Error& failure,
                                                                             int failures) const {
        switch (failure.kind) {
            case ErrorKind::unavailable:
            case ErrorKind::in_doubt:
                break;
            case ErrorKind::throttled:
                if (!failure.retry_after) return std::nullopt;
                break;
            case ErrorKind::corrupt:
                if (failures > corrupt_max) return std::nullopt;
                break;
            default:
                return std::nullopt;
        }
        if (failures > options_.failures_max) return std::nullopt;
        const auto wait = failure.retry_after.value_or(options_.wait_first * (1 << (failures - 1)));
        if (wait > options_.pause_longest) return std::nullopt;
        return wait;
    }

    Shared& shared_;
    CrmConnector& connector_;
    const PumpOptions& options_;
    TransferObserver& observer_;
    const Clock& clock_;
    const Call call_;
};

/// The consumer's side: takes what comes and knows the state that it amounts to.
class Drain {
  public:
    Drain(Shared& shared, PumpState& state, PumpConsumer& consumer, const Clock& clock,
          std::chrono::milliseconds keep_interval)
        : shared_{shared},
          state_{state},
          consumer_{consumer},
          clock_{clock},
          keep_interval_{keep_interval},
          kept_at_{clock.steady()} {
        for (std::size_t i = 0; i < state.parts.size(); ++i) open_.emplace(i, state.parts[i]);
    }

    Result<void> run(const std::stop_token& stop) {
        while (auto message = shared_.channel.take(stop)) {
            if (message->is_end) {
                open_.erase(message->reached.number);
                for (NumberedPart& part : message->next) open_.emplace(part.number, std::move(part.part));
                if (!message->feed_mark.empty()) state_.feed_mark = std::move(message->feed_mark);
            } else {
                TRY(take(std::move(*message)));
            }
            if (clock_.steady() - kept_at_ < keep_interval_) continue;
            TRY(keep());
            kept_at_ = clock_.steady();
        }
        return {};
    }

    Result<void> keep() {
        state_.parts.clear();
        for (const auto& [number, part] : open_) state_.parts.push_back(part);
        state_.counts.expected = shared_.expected.with([](const auto& value) { return value; });
        return consumer_.keep(state_);
    }

  private:
    Result<void> take(Message message) {
        TRY(consumer_.take(message.rows));
        open_[message.reached.number] = message.reached.part;
        state_.counts.rows += static_cast<std::int64_t>(message.rows.batch.row_count());
        state_.counts.rejected += static_cast<std::int64_t>(message.rows.rejected.size());
        state_.counts.conversion.nul_bytes_removed += message.conversion.nul_bytes_removed;
        shared_.pool.with([&](auto& batches) { batches.push_back(std::move(message.rows.batch)); });
        return {};
    }

    Shared& shared_;
    PumpState& state_;
    PumpConsumer& consumer_;
    const Clock& clock_;
    const std::chrono::milliseconds keep_interval_;
    std::chrono::steady_clock::time_point kept_at_;
    std::map<std::size_t, Part> open_;
};

}  // namespace

std::string to_json(const PumpState& state) {
    json parts = json::array();
    for (const Part& part : state.parts) parts.push_back({{"position", part.position}, {"rows", part.rows}});
    json document = {{"parts", std::move(parts)},
                     {"rows", state.counts.rows},
                     {"rejected", state.counts.rejected},
                     {"nul_bytes_removed", state.counts.conversion.nul_bytes_removed}};
    if (state.counts.expected) document["expected"] = *state.counts.expected;
    if (!state.feed_mark.empty()) document["feed_mark"] = state.feed_mark;
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<PumpState> pump_state_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    try {
        PumpState state;
        for (const json& part : document.at("parts")) {
            state.parts.push_back({.position = part.at("position"), .rows = part.at("rows")});
        }
        document.at("rows").get_to(state.counts.rows);
        document.at("rejected").get_to(state.counts.rejected);
        document.at("nul_bytes_removed").get_to(state.counts.conversion.nul_bytes_removed);
        if (document.contains("expected")) state.counts.expected = document.at("expected");
        state.feed_mark = document.value("feed_mark", "");
        return state;
    } catch (const json::exception& wrong) {
        return error(ErrorKind::corrupt,
                     fmt::format("the state of a read is not readable: {}", wrong.what()));
    }
}

Result<PumpCounts> pump(CrmConnector& connector, const ReadRequest& request, PumpState state,
                        const PumpOptions& options, PumpConsumer& consumer, TransferObserver& observer,
                        const Clock& clock, const Call& call) {
    Shared shared{request, state};
    const std::stop_callback forward{call.stop, [&shared] { shared.stop.request_stop(); }};
    Drain drain{shared, state, consumer, clock, options.keep_interval};
    Result<void> consumed;
    {
        shared.lanes_running = options.lanes;
        std::vector<std::jthread> lanes;
        lanes.reserve(static_cast<std::size_t>(options.lanes));
        for (int i = 0; i < options.lanes; ++i) {
            lanes.emplace_back(
                [&] { Lane{shared, connector, options, observer, clock, call.deadline}.run(); });
        }
        consumed = drain.run(call.stop);
        if (!consumed || call.stop.stop_requested()) shared.stop.request_stop();
    }
    if (consumed) consumed = drain.keep();
    if (!consumed) return consumed.error();
    if (call.is_over()) return call.cancelled("import");
    if (auto failure = shared.failure.with([](const auto& value) { return value; })) return *failure;
    return state.counts;
}

}  // namespace koppla
