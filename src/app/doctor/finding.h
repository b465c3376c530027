#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "model/schema.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// How a thing stands: as it should, to be looked at before long, or to be mended now.
enum class Level { ok, warn, fail };
std::string_view name(Level level);

/// One thing that was looked at. The remedy of what is well is empty.
struct Finding {
    Level level = Level::ok;
    std::string subject;  ///< "clock", "acme_contact"
    std::string text{};
    std::string remedy{};
    bool operator==(const Finding&) const = default;
};

/// What is thought of a thing, by its figures alone.
Finding judge_clock(std::chrono::milliseconds difference);
Finding judge_allowance(const Usage& usage);

struct DiskUse {
    std::uintmax_t free_bytes = 0, store_bytes = 0;
};
Finding judge_disk(const DiskUse& use);
Finding judge_journal(std::uintmax_t journal_bytes);

/// The fields of a recorded schema against what the CRM shows the account's user now.
struct SchemaView {
    std::string account;
    const model::ObjectSchema& recorded;
    const Result<Described>& now;  ///< cut down to the fields that were chosen
    Sight sight = Sight::unknown;  ///< of an object that isn't described
};
std::vector<Finding> judge_schema(const SchemaView& view);

/// A recorded schema against its local table's columns; no columns: there is no such table.
Finding judge_table(const model::ObjectSchema& recorded, const std::vector<std::string>& columns);

/// A position of an import that was stored `age` ago.
struct PositionAge {
    std::string option, object;
    std::chrono::milliseconds age{};
    std::chrono::hours deletions_kept{};  ///< as in AccountType
};
Finding judge_position(const PositionAge& position);

}  // namespace koppla
