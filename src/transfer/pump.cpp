#include "transfer/pump.h"

#include "base/channel.h"
#include "base/guarded.h"

#include <deque>
#include <thread>
#include <utility>

namespace koppla {

namespace {

// Enough for both threads to have work while one waits for the disk or the network; more only costs memory.
constexpr std::size_t channel_bytes_max = std::size_t{4} << 20;

using Pool = Guarded<std::vector<model::Batch>>;

class ConvertingSink final : public BatchSink {
  public:
    ConvertingSink(std::span<const model::Type> columns, std::size_t key_column,
                   Channel<PumpedBatch>& channel, Pool& pool, ReadObserver& observer, std::stop_token stop)
        : columns_{columns},
          key_column_{key_column},
          channel_{channel},
          pool_{pool},
          observer_{observer},
          stop_{std::move(stop)} {}

    model::Batch fresh() override {
        return pool_.with([](std::vector<model::Batch>& batches) {
            if (batches.empty()) return model::Batch{};
            model::Batch batch = std::move(batches.back());
            batches.pop_back();
            return batch;
        });
    }

    Result<void> put(model::Batch batch, const Part&) override {
        PumpedBatch pumped{.batch = std::move(batch), .rejected = {}};
        pumped.rejected = model::convert(pumped.batch, columns_, key_column_, counts.conversion);
        counts.rows += static_cast<std::int64_t>(pumped.batch.row_count());
        counts.rejected += static_cast<std::int64_t>(pumped.rejected.size());
        const std::size_t weight = pumped.batch.weight();
        if (!channel_.put(std::move(pumped), weight, stop_)) {
            return error(ErrorKind::cancelled, "reading was given up");
        }
        observer_.rows(counts.rows + counts.rejected, counts.expected);
        return {};
    }

    void expect(std::int64_t rows) override {
        counts.expected = rows;
        observer_.rows(counts.rows + counts.rejected, counts.expected);
    }
    void note(std::string_view text) override { observer_.note(text); }

    PumpCounts counts;

  private:
    std::span<const model::Type> columns_;
    std::size_t key_column_;
    Channel<PumpedBatch>& channel_;
    Pool& pool_;
    ReadObserver& observer_;
    std::stop_token stop_;
};

Result<void> read_all(CrmConnector& connector, const ReadRequest& request, const ReadPlan& plan,
                      BatchSink& sink, const Call& call) {
    std::deque<Part> parts{plan.parts.begin(), plan.parts.end()};
    while (!parts.empty()) {
        const PartEnd end = TRY(connector.read(request, parts.front(), sink, call));
        parts.pop_front();
        parts.insert(parts.begin(), end.next.begin(), end.next.end());
    }
    return {};
}

}  // namespace

Result<PumpCounts> pump(CrmConnector& connector, const ReadRequest& request, const ReadPlan& plan,
                        std::span<const model::Type> columns, std::size_t key_column,
                        const std::function<Result<void>(const PumpedBatch&)>& consume,
                        ReadObserver& observer, const Call& call) {
    Channel<PumpedBatch> channel{channel_bytes_max};
    Pool pool;
    std::stop_source stop;
    const std::stop_callback forward{call.stop, [&stop] { stop.request_stop(); }};
    ConvertingSink sink{columns, key_column, channel, pool, observer, stop.get_token()};

    Result<void> reading;
    std::jthread reader{[&] {
        reading = read_all(connector, request, plan, sink,
                           Call{.deadline = call.deadline, .stop = stop.get_token()});
        channel.close();
    }};

    Result<void> consuming;
    while (std::optional<PumpedBatch> pumped = channel.take(stop.get_token())) {
        consuming = consume(*pumped);
        if (!consuming) {
            stop.request_stop();
            break;
        }
        pool.with([&](std::vector<model::Batch>& batches) { batches.push_back(std::move(pumped->batch)); });
    }
    reader.join();

    if (!consuming) return consuming.error();
    if (call.is_over()) return call.cancelled("import");
    if (!reading) return reading.error();
    return sink.counts;
}

}  // namespace koppla
