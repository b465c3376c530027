#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// An org folder's metadata: `describe/<Object>.json` as the API answers it, `describe/_global.json`
/// optional.
struct OrgFolder {
    std::vector<Object> objects;
    std::string global_json;           ///< the array `sobjects`, or empty
    std::vector<std::string> misfits;  ///< what couldn't be used, a sentence each
};
Result<OrgFolder> read_org_folder(const std::filesystem::path& folder, std::int64_t last_modified_ms);

/// What load_records did: rows loaded, and what of the file didn't fit, a sentence each. A cell that doesn't
/// fit is left empty, a row without a usable Id left out; both are named.
struct LoadedRecords {
    std::int64_t rows = 0;
    std::vector<std::string> misfits;
};

struct LoadOptions {
    std::string stamp;    ///< for rows that bring no stamps
    std::string user_id;  ///< for rows that bring no owner
    std::function<void(std::int64_t)> progress{};
};

/// Loads `records/<Object>.csv` (the bulk dialect, a column a field) into the object's table; nothing where
/// there is no such file. The caller commits.
Result<LoadedRecords> load_records(db::Transaction& transaction, const Object& object,
                                   const std::filesystem::path& folder, const LoadOptions& options);

}  // namespace koppla::sandbox
