#pragma once

#include "base/call.h"
#include "crm/connector.h"
#include "model/conversion.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace koppla {

/// Told of a read as it goes on, on the reading thread; must be quick.
class ReadObserver {
  public:
    virtual ~ReadObserver() = default;
    virtual void note(std::string_view text) = 0;
    virtual void rows(std::int64_t read, std::optional<std::int64_t> expected) = 0;
};

struct PumpCounts {
    std::int64_t rows = 0;                 ///< handed to the consumer
    std::int64_t rejected = 0;             ///< taken out by conversion
    std::optional<std::int64_t> expected;  ///< by the CRM's own count
    model::ConversionCounts conversion;
};

/// What the reading thread hands over: converted rows, and those that were taken out.
struct PumpedBatch {
    model::Batch batch;
    std::vector<model::RejectedRow> rejected;
};

/// Reads a plan to its end on a thread of its own (receive, split, convert) while `consume` runs on the
/// caller's: two stages, joined by a channel bounded in bytes, so memory is flat. Ends at the first error of
/// either; a consumer's error wins over the cut that it causes.
Result<PumpCounts> pump(CrmConnector& connector, const ReadRequest& request, const ReadPlan& plan,
                        std::span<const model::Type> columns, std::size_t key_column,
                        const std::function<Result<void>(const PumpedBatch&)>& consume,
                        ReadObserver& observer, const Call& call);

}  // namespace koppla
