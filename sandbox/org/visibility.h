#pragma once

#include "base/guarded.h"
#include "db/database.h"
#include "sandbox/org/catalog.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// What the user that logs in can see of an org's metadata: all of it, but for the objects and fields that a
/// permission hides. Objects that were handed out stay valid for the org's life. Thread-safe.
/// [Salesforce: describeSObjectResult, field-level security]
class Visibility {
  public:
    Visibility(const Catalog& everything, std::string global_json);

    [[nodiscard]] const Catalog& catalog() const { return current_.load()->catalog; }
    [[nodiscard]] const std::string& global_json() const { return current_.load()->global_json; }

    /// Fields of an object; none: the object itself. INVALID_FIELD for what isn't there, or can't be hidden.
    Result<void> hide(const Object& object, std::span<const std::string> fields, std::int64_t now_ms);
    void reveal(std::int64_t now_ms);

    /// What is hidden, as text to keep, and back.
    [[nodiscard]] std::string settings();
    Result<void> restore(std::string_view settings, std::int64_t now_ms);

  private:
    struct View {
        Catalog catalog;
        std::string global_json;
    };
    /// By object; an empty set: all of it.
    using Hidden = std::map<std::string, std::set<std::string>>;
    struct State {
        Hidden hidden;
        std::vector<std::unique_ptr<const View>> views;
    };
    [[nodiscard]] Result<View> view(const Hidden& hidden, std::int64_t now_ms) const;
    Result<void> show(State& state, Hidden hidden, std::int64_t now_ms);

    const Catalog& everything_;
    const std::string global_json_;
    Guarded<State> state_;
    std::atomic<const View*> current_ = nullptr;
};

/// Takes rows out of an object's table, so that nobody sees them, and puts all such rows back. Over a
/// transaction that the caller commits.
Result<void> hide_rows(db::Transaction& transaction, const Object& object, std::span<const std::string> ids);
Result<void> reveal_rows(db::Transaction& transaction, const Catalog& catalog);

}  // namespace koppla::sandbox
