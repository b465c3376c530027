#include "transfer/sending.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

namespace koppla {

namespace {

// What was put off is sent again so often, after waits that double: locks last seconds, limits minutes.
constexpr int rounds_max = 8;
constexpr std::chrono::milliseconds round_wait_first{1'000};
constexpr std::chrono::milliseconds round_wait_longest{60'000};

// A shipment that can't be delivered in passing is tried so often.
constexpr int failures_max = 5;
constexpr std::chrono::milliseconds wait_first{500};
/// A pause that the CRM asks for is kept up to here; beyond that the run ends, to be gone on with later.
constexpr std::chrono::milliseconds pause_longest{300'000};

// So many rows refused one by one as shipments, and none taken: it isn't the rows that are at fault.
constexpr int refused_alone_max = 10;

bool stops_everything(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::denied:
        case ErrorKind::cancelled:
        case ErrorKind::unsupported:
        case ErrorKind::not_found:
            return true;
        default:
            return false;
    }
}

/// Nobody knows what became of these rows, and sending them again could do twice what must be done once.
Result<void> give_up(WriteJournal& journal, TransferObserver& observer, const NamedShipment& shipment,
                     std::string_view why, const Call& call) {
    if (const std::int64_t rows = TRY(journal.undecided(shipment.number, shipment.rows, why, call)); rows > 0)
        observer.trouble(fmt::format(
            "{}; {} rows can't be told apart from others, so they are listed as undecided", why, rows));
    return journal.over(shipment.number, call);
}

/// Delivers shipments of one writer; shared by its lanes.
class Delivery {
  public:
    Delivery(const TransferSite& site, const ExportDefinition& definition, RecordWriter& writer,
             WriteJournal& journal, TransferObserver& observer, std::int64_t settled_before)
        : site_{site},
          definition_{definition},
          writer_{writer},
          journal_{journal},
          observer_{observer},
          settled_{settled_before} {}

    /// From the first byte on, or, with a reference, from where it is.
    Result<void> deliver(const Stretch& stretch, std::int64_t number, std::string reference,
                         const Call& call);

    void settled(std::span<const WriteResult> results) {
        std::int64_t rows = 0;
        for (const WriteResult& result : results) {
            rows += result.outcome == WriteResult::Outcome::postponed ? 0 : 1;
            if (result.outcome == WriteResult::Outcome::done) has_taken_ = true;
        }
        observer_.rows(settled_ += rows, definition_.rows - definition_.refused);
    }

    WriteJournal& journal() { return journal_; }
    TransferObserver& observer() { return observer_; }

  private:
    Result<void> halve(const Stretch& stretch, const Error& why, const Call& call);
    Result<void> refuse_alone(const Stretch& row, std::int64_t number, const Error& why, const Call& call);

    const TransferSite& site_;
    const ExportDefinition& definition_;
    RecordWriter& writer_;
    WriteJournal& journal_;
    TransferObserver& observer_;
    std::atomic<std::int64_t> settled_;
    std::atomic<bool> has_taken_ = false;
    std::atomic<int> refused_alone_ = 0;
};

/// Writes down what a shipment comes to.
class ShipmentSink final : public WriteSink {
  public:
    ShipmentSink(Delivery& delivery, NamedShipment shipment, const Call& call)
        : delivery_{delivery},
          shipment_{std::move(shipment)},
          telling_{shipment_.reference.empty() ? WriteJournal::Telling::first : WriteJournal::Telling::again},
          call_{call} {}

    Result<void> named(std::string_view reference) override {
        shipment_.reference = reference;
        return delivery_.journal().named(shipment_, call_);
    }
    Result<void> settled(std::span<const WriteResult> results) override {
        TRY(delivery_.journal().settle(shipment_.number, results, telling_, call_));
        has_moved = has_moved || !results.empty();
        delivery_.settled(results);
        return {};
    }
    void note(std::string_view text) override { delivery_.observer().note(text); }

    [[nodiscard]] const std::string& reference() const { return shipment_.reference; }
    bool has_moved = false;

  private:
    Delivery& delivery_;
    NamedShipment shipment_;
    const WriteJournal::Telling telling_;  ///< one that was named before tells of all its rows anew
    const Call& call_;
};

Result<void> Delivery::deliver(const Stretch& stretch, std::int64_t number, std::string reference,
                               const Call& call) {
    // What can't be asked for afterwards is written down before it leaves: after a crash it is undecided.
    const bool leaves_unnamed = !writer_.plan().is_repeatable && writer_.plan().path == WritePath::rows;
    std::chrono::milliseconds wait = wait_first;
    for (int failures = 0; true;) {
        if (call.is_over()) return call.cancelled("sending rows");
        const NamedShipment shipment{.number = number, .rows = stretch, .reference = reference};
        if (leaves_unnamed) TRY(journal_.named(shipment, call));
        ShipmentSink sink{*this, shipment, call};
        const auto rows = journal_.rows(stretch, number, definition_.clears(), call);
        const Result<void> written = writer_.write(*rows, reference, sink, call);
        reference = sink.reference();
        if (written) {
            return reference.empty() && !leaves_unnamed ? Result<void>{} : journal_.over(number, call);
        }
        const Error& why = written.error();
        if (sink.has_moved) failures = 0;
        const bool is_known = why.kind != ErrorKind::in_doubt && why.kind != ErrorKind::cancelled &&
                              why.kind != ErrorKind::expired;
        if (leaves_unnamed && is_known) TRY(journal_.over(number, call));
        if (stops_everything(why.kind) || call.is_over()) return why;
        const bool is_transient = why.kind == ErrorKind::unavailable || why.kind == ErrorKind::in_doubt ||
                                  why.kind == ErrorKind::throttled;
        const bool may_repeat =
            !reference.empty() || writer_.plan().is_repeatable || why.kind != ErrorKind::in_doubt;
        if (why.kind == ErrorKind::expired) {
            if (!writer_.plan().is_repeatable)
                return give_up(journal_, observer_, shipment, why.message, call);
            TRY(journal_.over(number, call));
            reference.clear();
            number = journal_.next_number();
        } else if (!is_transient) {
            return reference.empty() ? halve(stretch, why, call) : Result<void>{why};
        } else if (!may_repeat) {
            return give_up(journal_, observer_, shipment, why.message, call);
        } else if (reference.empty()) {
            number = journal_.next_number();
        }
        if (++failures == failures_max || why.retry_after.value_or(wait) > pause_longest) return why;
        observer_.trouble(fmt::format("{}; trying again", why.message));
        TRY(site_.clock.wait(std::max(wait, why.retry_after.value_or(wait)), call));
        wait *= 2;
    }
}

Result<void> Delivery::halve(const Stretch& stretch, const Error& why, const Call& call) {
    const std::vector<Stretch> halves = TRY(journal_.halves(stretch, call));
    if (halves.size() == 1) return refuse_alone(halves.front(), journal_.next_number(), why, call);
    for (const Stretch& half : halves) TRY(deliver(half, journal_.next_number(), {}, call));
    return {};
}

Result<void> Delivery::refuse_alone(const Stretch& row, std::int64_t number, const Error& why,
                                    const Call& call) {
    if (!has_taken_ && ++refused_alone_ > refused_alone_max) return why;
    const WriteResult refusal{.row = row.first,
                              .outcome = WriteResult::Outcome::refused,
                              .symbol = why.symbol.empty() ? name(why.kind) : std::string_view{why.symbol},
                              .message = why.message};
    TRY(journal_.settle(number, {&refusal, 1}, WriteJournal::Telling::first, call));
    settled({&refusal, 1});
    return {};
}

/// The units of a round, taken by lanes.
class Round {
  public:
    Round(Delivery& delivery, WriteJournal& journal, std::vector<std::vector<Stretch>> units)
        : delivery_{delivery},
          journal_{journal},
          units_{std::make_move_iterator(units.begin()), std::make_move_iterator(units.end())} {}

    Result<void> run(int lanes, const Call& call) {
        if (lanes == 1 || units_.size() == 1) {
            work(call);
        } else {
            // A caller's stop reaches the lanes, and one lane's failure the others.
            const std::stop_callback on_stop{call.stop, [&] { stop_.request_stop(); }};
            const Call lane_call{.deadline = call.deadline, .stop = stop_.get_token()};
            const std::size_t count = std::min(static_cast<std::size_t>(lanes), units_.size());
            std::vector<std::jthread> threads;
            threads.reserve(count);
            for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&] { work(lane_call); });
        }
        if (failure_) return *failure_;
        return {};
    }

  private:
    void work(const Call& call) {
        while (auto unit = take()) {
            for (const Stretch& stretch : *unit) {
                const auto done = delivery_.deliver(stretch, journal_.next_number(), {}, call);
                if (done) continue;
                const std::scoped_lock lock{mutex_};
                // What a stop of ours brought about says nothing.
                if (!failure_) failure_ = done.error();
                units_.clear();
                stop_.request_stop();
                return;
            }
        }
    }
    std::optional<std::vector<Stretch>> take() {
        const std::scoped_lock lock{mutex_};
        if (units_.empty() || failure_) return std::nullopt;
        std::vector<Stretch> unit = std::move(units_.front());
        units_.pop_front();
        return unit;
    }

    Delivery& delivery_;
    WriteJournal& journal_;
    std::stop_source stop_;
    std::mutex mutex_;
    std::deque<std::vector<Stretch>> units_;
    std::optional<Error> failure_;
};

}  // namespace

Result<void> Sending::run() {
    std::vector<NamedShipment> earlier = TRY(journal_.open(call_));
    for (const NamedShipment& shipment : earlier) {
        if (!shipment.reference.empty()) continue;
        TRY(give_up(journal_, observer_, shipment,
                    "the program ended while the rows were on their way, and the CRM can't be asked for them",
                    call_));
    }
    std::erase_if(earlier, [](const NamedShipment& shipment) { return shipment.reference.empty(); });
    if (!earlier.empty()) TRY(ask_for_earlier(earlier));
    return send_all();
}

Result<void> Sending::ask_for_earlier(const std::vector<NamedShipment>& earlier) {
    observer_.note("asking what became of the rows that were on their way");
    // A name that the CRM gave belongs to a job, whatever the number of rows is now.
    WriteRequest request = request_;
    request.path = WritePath::bulk;
    const auto writer = TRY(site_.connector.writer(request, definition_.rows, call_));
    why_ = writer->plan().why;
    const WriteCounts counts = TRY(journal_.counts(call_));
    Delivery delivery{site_, definition_, *writer, journal_, observer_, counts.settled()};
    for (const NamedShipment& shipment : earlier)
        TRY(delivery.deliver(shipment.rows, shipment.number, shipment.reference, call_));
    return {};
}

Result<void> Sending::send_all() {
    const std::optional<std::size_t> parent = parent_column(request_, site_.connector.abilities());
    for (int round = 1; true; ++round) {
        const WriteCounts counts = TRY(journal_.counts(call_));
        const std::int64_t left = definition_.rows - definition_.refused - counts.settled();
        if (left == 0) return {};
        const auto writer = TRY(site_.connector.writer(request_, left, call_));
        if (why_.empty()) why_ = writer->plan().why;
        auto units = TRY(journal_.units(writer->plan(), parent, call_));
        if (units.empty()) return {};
        if (round > rounds_max) return journal_.give_up_postponed(call_);
        if (round > 1) TRY(wait_before(round));
        observer_.note(round == 1 ? std::string_view{why_} : "sending again what was put off");
        Delivery delivery{site_, definition_, *writer, journal_, observer_, counts.settled()};
        // Side by side they would only lock each other out again.
        const int lanes = round == 1 ? std::max(1, writer->plan().lanes_max) : 1;
        TRY(Round(delivery, journal_, std::move(units)).run(lanes, call_));
    }
}

Result<void> Sending::wait_before(int round) {
    const auto wait = std::min(round_wait_longest, round_wait_first * (1 << (round - 2)));
    observer_.trouble(fmt::format("some rows were put off by the CRM; sending them again in {} s",
                                  std::chrono::ceil<std::chrono::seconds>(wait).count()));
    return site_.clock.wait(wait, call_);
}

}  // namespace koppla
