#pragma once

#include "base/guarded.h"
#include "db/database.h"
#include "sandbox/org/catalog.h"

#include <atomic>
#include <cstdint>
#include <functional>
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

    /// When what can be seen of the objects, or which they are, last changed.
    [[nodiscard]] std::int64_t last_modified_ms() const { return current_.load()->last_modified_ms; }

    /// Commits the settings that `restore` takes; what can be seen changes once it has.
    using Keep = std::function<Result<void>(std::string_view settings)>;
    /// Fields of an object; none: the object itself. INVALID_FIELD for what isn't there, or can't be hidden.
    Result<void> hide(const Object& object, std::span<const std::string> fields, std::int64_t now_ms,
                      const Keep& keep);
    Result<void> reveal(std::int64_t now_ms, const Keep& keep);
    Result<void> restore(std::string_view settings);

  private:
    struct View {
        Catalog catalog;
        std::string global_json;
        std::int64_t last_modified_ms = 0;
    };
    struct Settings {
        /// By object; an empty set: all of it.
        std::map<std::string, std::set<std::string>> hidden{};
        /// When something of an object was last hidden or revealed.
        std::map<std::string, std::int64_t> changed{};
    };
    struct State {
        Settings settings{};
        std::vector<std::unique_ptr<const View>> views{};
    };
    [[nodiscard]] Result<View> view(const Settings& settings) const;
    [[nodiscard]] std::int64_t stamp(std::int64_t now_ms) const;
    Result<void> show(State& state, Settings settings, const Keep& keep);

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
