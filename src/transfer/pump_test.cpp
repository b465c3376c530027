#include "transfer/pump.h"

#include "base/test/manual_clock.h"
#include "crm/test/idle_connector.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A CRM of numbered rows: part "a-b" is rows a up to b, handed over a few at a time; a part of more than
/// `part_max` rows is answered with its halves. What `fault` answers before a batch ends the read there.
class NumbersCrm final : public IdleConnector {
  public:
    using Fault = std::function<std::optional<Error>(std::int64_t next_row)>;

    Result<PartEnd> read(const ReadRequest&, const Part& part, BatchSink& sink, const Call& call) override {
        const auto dash = part.position.find('-');
        std::int64_t at = std::stoll(part.position.substr(0, dash));
        const std::int64_t end = std::stoll(part.position.substr(dash + 1));
        if (end - at > part_max) {
            return PartEnd{
                .next = {{.position = text(at, (at + end) / 2)}, {.position = text((at + end) / 2, end)}}};
        }
        std::int64_t rows = part.rows;
        while (at < end) {
            if (call.is_over()) return call.cancelled("reading");
            if (auto failure = fault ? fault(at) : std::nullopt) return *failure;
            model::Batch batch = sink.fresh();
            batch.recycle(1);
            const std::int64_t until = std::min(at + batch_rows, end);
            for (; at < until; ++at, ++rows) batch.push(model::Cell::of(batch.keep(std::to_string(at))));
            TRY(sink.put(std::move(batch), Part{.position = text(at, end), .rows = rows}));
        }
        return PartEnd{.feed_mark = feed_mark};
    }
    static std::string text(std::int64_t from, std::int64_t to) {
        return std::to_string(from) + "-" + std::to_string(to);
    }

    std::int64_t part_max = 1'000'000;
    std::int64_t batch_rows = 7;
    std::string feed_mark;
    Fault fault;
};

/// Keeps rows as staging does: what wasn't kept is lost with the run.
class Memory final : public PumpConsumer {
  public:
    Result<void> take(const PumpedBatch& batch) override {
        if (refusal && taken.size() >= refuse_at) return *refusal;
        for (std::size_t row = 0; row < batch.batch.row_count(); ++row) {
            taken.push_back(std::stoll(std::string{batch.batch.cell(0, row).text()}));
        }
        return {};
    }
    Result<void> keep(const PumpState& state) override {
        kept_rows = taken;
        kept_state = *pump_state_from_json(to_json(state));
        EXPECT_EQ(kept_state, state);
        return {};
    }
    void crash() { taken = kept_rows; }

    std::vector<std::int64_t> taken, kept_rows;
    PumpState kept_state;
    std::optional<Error> refusal;
    std::size_t refuse_at = 0;
};

class Watcher final : public TransferObserver {
  public:
    void note(std::string_view text) override {
        const std::scoped_lock lock{mutex_};
        notes.emplace_back(text);
    }
    void trouble(std::string_view text) override { note(text); }
    void rows(std::int64_t, std::optional<std::int64_t>) override {}
    std::vector<std::string> notes;

  private:
    std::mutex mutex_;
};

class Pumping : public testing::Test {
  protected:
    Pumping() { options.columns = {{.kind = model::Kind::text}}; }

    Result<PumpCounts> run(PumpState state) {
        return pump(crm, ReadRequest{}, std::move(state), options, memory, watcher, clock, call);
    }
    static PumpState beginning(std::int64_t rows) {
        return {.parts = {{.position = NumbersCrm::text(0, rows)}}};
    }
    void expect_each_once(std::int64_t rows) {
        std::ranges::sort(memory.taken);
        ASSERT_EQ(memory.taken.size(), static_cast<std::size_t>(rows));
        for (std::int64_t i = 0; i < rows; ++i) ASSERT_EQ(memory.taken[static_cast<std::size_t>(i)], i);
    }

    NumbersCrm crm;
    Memory memory;
    Watcher watcher;
    ManualClock clock;
    Call call;
    PumpOptions options;
};

TEST_F(Pumping, the_mark_of_a_feed_that_was_read_to_its_end_is_kept_with_the_rows) {
    crm.feed_mark = "918273!";
    crm.part_max = 500;
    ASSERT_TRUE(run(beginning(1000)));
    EXPECT_EQ(memory.kept_state.feed_mark, "918273!");
    EXPECT_EQ(memory.kept_rows.size(), 1000U);
}

TEST_F(Pumping, brings_every_row_in_order_and_ends_with_nothing_left) {
    const auto counts = run(beginning(1000));
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->rows, 1000);
    EXPECT_TRUE(std::ranges::is_sorted(memory.taken));
    expect_each_once(1000);
    EXPECT_TRUE(memory.kept_state.parts.empty());
    EXPECT_EQ(memory.kept_state.counts.rows, 1000);
}

TEST_F(Pumping, reads_parts_side_by_side_and_those_that_follow_them) {
    options.lanes = 4;
    crm.part_max = 40;
    const auto counts = run(beginning(5000));
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->rows, 5000);
    expect_each_once(5000);
}

TEST_F(Pumping, goes_on_from_where_a_cut_left_it) {
    std::set<std::int64_t> cut;
    crm.fault = [&](std::int64_t row) -> std::optional<Error> {
        if (row % 70 != 35 || !cut.insert(row).second) return std::nullopt;
        return error(ErrorKind::in_doubt, "the connection was cut");
    };
    ASSERT_TRUE(run(beginning(1000)));
    expect_each_once(1000);
    EXPECT_EQ(clock.waits.size(), cut.size());
    EXPECT_THAT(watcher.notes.front(), HasSubstr("the connection was cut; going on in 0.5 s"));
}

TEST_F(Pumping, waits_longer_each_time_and_then_gives_up_with_what_it_has) {
    crm.fault = [](std::int64_t row) -> std::optional<Error> {
        if (row < 70) return std::nullopt;
        return error(ErrorKind::unavailable, "down");
    };
    const auto counts = run(beginning(1000));
    ASSERT_FALSE(counts);
    EXPECT_EQ(counts.error().kind, ErrorKind::unavailable);
    using std::chrono::milliseconds;
    EXPECT_THAT(clock.waits, ElementsAre(milliseconds{500}, milliseconds{1000}, milliseconds{2000},
                                         milliseconds{4000}, milliseconds{8000}));
    EXPECT_EQ(memory.kept_rows.size(), 70U);
    EXPECT_EQ(memory.kept_state.parts, (std::vector<Part>{{.position = "70-1000", .rows = 70}}));
    crm.fault = nullptr;
    ASSERT_TRUE(run(memory.kept_state));
    expect_each_once(1000);
}

TEST_F(Pumping, keeps_a_pause_that_was_asked_for_but_not_for_ever) {
    auto refusal = error(ErrorKind::throttled, "later");
    refusal.retry_after = std::chrono::seconds{90};
    int refusals = 1;
    crm.fault = [&](std::int64_t row) -> std::optional<Error> {
        if (row != 14 || refusals-- <= 0) return std::nullopt;
        return refusal;
    };
    ASSERT_TRUE(run(beginning(100)));
    EXPECT_THAT(clock.waits, ElementsAre(std::chrono::seconds{90}));
    memory = {};
    refusals = 1;
    refusal.retry_after = std::chrono::hours{5};
    EXPECT_EQ(run(beginning(100)).error().kind, ErrorKind::throttled);
    refusals = 1;
    refusal.retry_after = std::nullopt;
    EXPECT_EQ(run(memory.kept_state).error().kind, ErrorKind::throttled);
    EXPECT_EQ(clock.waits.size(), 1U);
    ASSERT_TRUE(run(memory.kept_state));
    expect_each_once(100);
}

TEST_F(Pumping, does_not_repeat_what_does_not_pass) {
    for (const ErrorKind kind :
         {ErrorKind::invalid, ErrorKind::denied, ErrorKind::expired, ErrorKind::not_found}) {
        memory = {};
        crm.fault = [&](std::int64_t) { return error(kind, "no"); };
        EXPECT_EQ(run(beginning(10)).error().kind, kind);
    }
    EXPECT_TRUE(clock.waits.empty());
}

TEST_F(Pumping, ends_with_the_consumers_error) {
    memory.refusal = error(ErrorKind::unavailable, "no room left on the disk");
    memory.refuse_at = 100;
    options.lanes = 3;
    crm.part_max = 100;
    const auto counts = run(beginning(100'000));
    ASSERT_FALSE(counts);
    EXPECT_EQ(counts.error().message, "no room left on the disk");
}

TEST_F(Pumping, stops_on_request_and_keeps_what_it_has) {
    std::stop_source stop;
    call.stop = stop.get_token();
    crm.fault = [&](std::int64_t row) -> std::optional<Error> {
        if (row >= 490) stop.request_stop();
        return std::nullopt;
    };
    EXPECT_EQ(run(beginning(1000)).error().kind, ErrorKind::cancelled);
    EXPECT_LE(memory.kept_rows.size(), 490U);
    call.stop = {};
    memory.crash();
    ASSERT_TRUE(run(memory.kept_state));
    expect_each_once(1000);
}

TEST_F(Pumping, has_every_row_once_whatever_fails_wherever) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::minstd_rand random{seed};
        const auto below = [&](std::int64_t n) {
            return std::uniform_int_distribution<std::int64_t>{0, n - 1}(random);
        };
        const std::int64_t rows = below(500) + 1;
        memory = {};
        options.lanes = static_cast<int>(below(4)) + 1;
        options.keep_interval = below(2) == 0 ? std::chrono::milliseconds{0} : std::chrono::hours{1};
        crm.part_max = below(200) + 10;
        crm.batch_rows = below(20) + 1;
        std::mutex mutex;
        crm.fault = [&](std::int64_t) -> std::optional<Error> {
            const std::scoped_lock lock{mutex};
            switch (below(40)) {
                case 0:
                    return error(ErrorKind::in_doubt, "cut");
                case 1:
                    return error(ErrorKind::corrupt, "broken");
                case 2:
                    return error(ErrorKind::throttled, "later, another run");
                default:
                    return std::nullopt;
            }
        };
        PumpState state = beginning(rows);
        for (int runs = 0; runs < 1000; ++runs) {
            if (run(state)) break;
            memory.crash();
            state = memory.kept_state;
        }
        SCOPED_TRACE(seed);
        expect_each_once(rows);
    }
}

}  // namespace
}  // namespace koppla
