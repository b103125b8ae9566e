-- What PostGraphile is given beside the tables: views that flatten link -> listing -> quote or point, with smart tags
-- that say how they hang on assets. Its documentation recommends such views, and without them it would make three
-- nested sub-selects of what is one join here.
CREATE VIEW asset_quotes AS
  SELECT k.asset_id, l.source, l.source_id, q.*
  FROM asset_links k JOIN listings l ON l.id = k.listing_id JOIN quotes q ON q.listing_id = k.listing_id
  WHERE k.state = 'accepted' AND k.retired_at IS NULL;
COMMENT ON VIEW asset_quotes IS E'@primaryKey listing_id\n@foreignKey (asset_id) references assets (id)|@foreignFieldName quotes';
CREATE VIEW asset_points AS
  SELECT k.asset_id, l.source, l.source_id, p.*
  FROM asset_links k JOIN listings l ON l.id = k.listing_id JOIN price_points p ON p.listing_id = k.listing_id
  WHERE k.state = 'accepted' AND k.retired_at IS NULL;
COMMENT ON VIEW asset_points IS E'@primaryKey listing_id,observed_at\n@foreignKey (asset_id) references assets (id)|@foreignFieldName history';
-- Unindexed columns are no conditions unless it is told so; ours asks of every asset that it is not retired.
COMMENT ON COLUMN assets.retired_at IS E'@behavior +attribute:filterBy +condition:attribute:filterBy';
