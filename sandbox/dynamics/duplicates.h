#pragma once

#include "base/guarded.h"
#include "sandbox/dynamics/ask.h"
#include "sandbox/dynamics/org/writing.h"

#include <map>
#include <string>
#include <vector>

namespace koppla::sandbox::dynamics {

/// Published duplicate detection rules: rows of a table with the same values in these attributes are alike.
/// Requests ask for them by a header; without it nothing is refused. Thread-safe. [Dataverse: Detect
/// duplicate data using the Web API]
class Duplicates {
  public:
    /// Puts a rule in the place of the table's own; without attributes takes it away.
    void publish(const std::string& table, std::vector<std::string> attributes);
    void clear();

    /// Whether the row, as it was saved, is like another one, where the request wants to know. 0x80040333
    Result<void> check(Writing& writing, const Ask& ask, const Table& table, const std::string& id);

  private:
    Guarded<std::map<std::string, std::vector<std::string>>> rules_;
};

}  // namespace koppla::sandbox::dynamics
