#pragma once

#include "platform/session_record.h"
#include "platform/store.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace koppla {

/// A session in a file of its own, `<store>-sessions/<account>`. It lies beside the store rather than in it,
/// so that it can be replaced while an import holds the store's one writer; and a backup of the store goes
/// without it, because an old session may be worth nothing, or do harm.
class SessionFile final : public SessionRecord {
  public:
    SessionFile(const Store& store, std::string_view account, std::string_view made_by = {});

    Result<std::unique_ptr<Lock>> lock(const Clock& clock, const Call& call) const override;
    [[nodiscard]] Result<std::optional<Secret>> read() const override;
    Result<void> write(const Secret& text, const Lock& held) const override;
    Result<void> remove(const Lock& held) const override;

  private:
    Result<void> make_folder() const;

    const Vault& vault_;
    std::string context_;
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

}  // namespace koppla
