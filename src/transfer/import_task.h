#pragma once

#include "transfer/import.h"
#include "transfer/window.h"

#include <cstdint>
#include <string>
#include <vector>

namespace koppla {

/// What one import does, made before the first row is read.
struct ImportTask {
    model::ObjectSchema schema;
    std::vector<const model::FieldSchema*> fields;
    std::vector<model::Treatment> treatments;  ///< of the fields
    ImportWindow window;
    ImportPosition position;              ///< its feed mark: where to begin, or empty for all that there is
    std::vector<std::string> conditions;  ///< in the CRM's own words: read one after the other, each once
    bool stores_position = true;
    bool adds_rows = true;
    bool by_feed = false;        ///< read by the object's feed of changes
    std::int64_t after_run = 0;  ///< the last complete one of this object
    std::vector<std::string> notices;

    [[nodiscard]] MergeTarget target() const {
        return {.schema = schema,
                .fields = fields,
                .adds_rows = adds_rows,
                .removals = by_feed ? Removals::tombstones : Removals::rows};
    }
};

/// Reads schema and position, and asks the CRM for its time. `invalid` and `not_found` for fields,
/// conversions and conditions that can't be; `conflict` where the position was reached by another question.
Result<ImportTask> prepare_import(const TransferSite& site, const ImportOptions& options, const Call& call);

}  // namespace koppla
