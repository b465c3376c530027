-- Sessions have files of their own: they are renewed while an import holds the store's writer.
delete from koppla_account_secret where setting = 'session';
